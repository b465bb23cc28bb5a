"""The settings of a workstation and of the demonstration."""

from config.settings.base import *  # noqa: F403

DEBUG = False
