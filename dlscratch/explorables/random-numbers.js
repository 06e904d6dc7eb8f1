// Mulberry32: a counter, mixed until its 32 bits look random; numbers in [0, 1).
function uniform(seed) {
  let state = seed;
  return () => {
    state = (state + 1831565813) | 0;
    let v = Math.imul(state ^ (state >>> 15), state | 1);
    v ^= v + Math.imul(v ^ (v >>> 7), v | 61);
    return ((v ^ (v >>> 14)) >>> 0) / 2 ** 32;
  };
}
