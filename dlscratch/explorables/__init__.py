"""Interactive figures that need no kernel, no network and no library.

Each figure is one small file of JavaScript in this folder. Python only chooses
where the figure starts, and writes it into the notebook as plain HTML.
"""

from dlscratch.explorables.backprop_stepper import backprop_stepper
from dlscratch.explorables.batch_norm import batch_norm
from dlscratch.explorables.bird_game import bird_game
from dlscratch.explorables.boxes import boxes
from dlscratch.explorables.broadcasting import broadcasting
from dlscratch.explorables.clusters import clusters
from dlscratch.explorables.convolution import convolution
from dlscratch.explorables.date_writer import date_writer
from dlscratch.explorables.differentiate import differentiate
from dlscratch.explorables.diffusion import diffusion
from dlscratch.explorables.draw_digit import draw_digit
from dlscratch.explorables.explorable import Explorable
from dlscratch.explorables.feature_maps import feature_maps
from dlscratch.explorables.gradient_descent import gradient_descent
from dlscratch.explorables.initial_values import initial_values
from dlscratch.explorables.name_reader import name_reader
from dlscratch.explorables.optimizer_race import optimizer_race
from dlscratch.explorables.perceptron_line import perceptron_line
from dlscratch.explorables.playground import playground
from dlscratch.explorables.regularisation import regularisation
from dlscratch.explorables.relu_bends import relu_bends
from dlscratch.explorables.residual import residual
from dlscratch.explorables.sixteen_bits import sixteen_bits
from dlscratch.explorables.write_on import write_on

__all__ = [
    "Explorable",
    "backprop_stepper",
    "batch_norm",
    "bird_game",
    "boxes",
    "broadcasting",
    "clusters",
    "convolution",
    "date_writer",
    "differentiate",
    "diffusion",
    "draw_digit",
    "feature_maps",
    "gradient_descent",
    "initial_values",
    "name_reader",
    "optimizer_race",
    "perceptron_line",
    "playground",
    "regularisation",
    "relu_bends",
    "residual",
    "sixteen_bits",
    "write_on",
]
