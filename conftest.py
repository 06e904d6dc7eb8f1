"""Let Matplotlib say once, here and not in a notebook, what it has to say at first.

Where HOME cannot be written to, it chooses a temporary folder, which the kernels then
use as well; and it makes its list of fonts.
"""

import matplotlib.pyplot  # noqa: F401
