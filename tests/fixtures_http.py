"""A tiny MNIST, and a local web server that serves it well or badly.

The first part of a URL's path says how the server behaves: in
http://127.0.0.1:PORT/short/train-images-idx3-ubyte.gz it is "short".
"""

import gzip
import hashlib
import socket
import struct
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pooch

from dlscratch import datasets, downloads

HTML = b"<!doctype html><title>Moved</title><p>This data set has moved."
MISBEHAVIOUR = {  # the server's manner, and what the error must say of it
    "missing": "404",
    "failing": "500",
    "html": f"({len(HTML)} bytes)",
    "empty": "(0 bytes)",
    "truncated": "expected SHA-256",
    "flipped": "expected SHA-256",
    "short": "ChunkedEncodingError",
    "reset": "ConnectionError",
    "silent": "ReadTimeout",
    "stalling": "ConnectionError",
}


def idx(array):
    """Return an array of bytes in IDX format."""
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
    return header + array.tobytes()


def tiny_arrays():
    rng = np.random.default_rng(28)
    images = rng.integers(0, 256, (8, 28, 28), dtype=np.uint8)
    images[0, 0, :2] = 0, 255
    labels = np.array([5, 0, 4, 1, 9, 7, 2, 1], dtype=np.uint8)
    return [images[:5], labels[:5], images[5:], labels[5:]]


def packed(arrays):
    """Return file name → gzipped IDX, for the four arrays."""
    contents = [gzip.compress(idx(array), mtime=0) for array in arrays]
    return dict(zip(downloads.FILES, contents, strict=True))


def unpacked(raw):
    """Return what a gzipped file holds; a damaged one, or none, as it is."""
    try:
        return gzip.decompress(raw)
    except (EOFError, OSError):
        return raw


def checksums(files):
    return tuple(hashlib.sha256(unpacked(raw)).hexdigest() for raw in files.values())


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        manner, file = self.path.strip("/").split("/")
        self.server.requests.append((manner, file))
        body = self.server.files[file]
        if manner in ("missing", "failing"):
            self.send_error(404 if manner == "missing" else 500)
        elif manner == "silent":
            self.server.released.wait(20)
        elif manner == "reset":
            linger = struct.pack("ii", 1, 0)  # closing now sends a reset
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.connection.close()
        elif manner == "html":
            self.answer(HTML)
        elif manner == "empty":
            self.answer(b"")
        elif manner == "truncated":
            self.answer(body[:-20])
        elif manner == "flipped":
            self.answer(body[:-1] + bytes([body[-1] ^ 1]))
        elif manner == "short":
            self.answer(body[:-20], announced=len(body))
        elif manner == "stalling":
            self.answer(body[:20], announced=len(body))
            self.server.released.wait(20)
        else:
            if manner == "together" and file == downloads.FILES[0]:
                self.server.barrier.wait(20)  # until two clients ask for it
            self.answer(body)

    def answer(self, body, announced=None):
        self.send_response(200)
        self.send_header("Content-Length", str(announced or len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, *args):
        pass

    def finish(self):
        try:
            super().finish()
        except OSError:  # the connection was reset on purpose
            pass


@contextmanager
def mirror_server():
    """Serve the tiny MNIST on a free port of this computer."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.files = packed(tiny_arrays())
        server.requests = []
        server.released = threading.Event()
        server.barrier = threading.Barrier(2)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.released.set()
        server.shutdown()


def url(server, manner):
    return f"http://127.0.0.1:{server.server_port}/{manner}/"


def load_in_child(cache, mirror, sums):
    """Load MNIST in another process, where no fixture of the parent holds."""
    pooch.os_cache = lambda name: Path(cache)
    downloads.MIRRORS["mnist"] = (mirror,)
    downloads.SHA256["mnist"] = sums
    return datasets.load_mnist()
