"""Optimizers: rules that turn gradients into steps."""


class SGD:
    """Stochastic gradient descent: ``value -= lr * grad``.

    Parameters
    ----------
    parameters : list of Parameter
        What to update, for example ``model.parameters``.
    lr : float
        The learning rate.

    Raises
    ------
    ValueError
        If ``lr`` is not a positive number.
    """

    def __init__(self, parameters, lr=0.01):
        if not 0 < lr < float("inf"):
            raise ValueError(f"SGD: expected a positive learning rate, got {lr}")
        self.parameters = list(parameters)
        self.lr = lr

    def step(self):
        """Update every parameter in place from its ``grad``."""
        for p in self.parameters:
            if p.grad is None:
                raise RuntimeError(
                    f"SGD.step: {p.name} has no gradient yet; call backward first"
                )
            p.value -= self.lr * p.grad
