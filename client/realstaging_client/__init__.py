"""Virtual staging from Python: a typed client of the realstaging API, and the `realstaging` command."""

from realstaging_client.client import Client, NewFile, Settings
from realstaging_client.errors import ApiError, RealstagingError, StorageError, UnreachableError
from realstaging_client.follower import Follower, follow
from realstaging_client.models import Batch, Form, Image, Job, Link, Problem, Project, UploadAnswer, Usage

__version__ = "0.1.0"

__all__ = [
    "ApiError",
    "Batch",
    "Client",
    "Follower",
    "Form",
    "Image",
    "Job",
    "Link",
    "NewFile",
    "Problem",
    "Project",
    "RealstagingError",
    "Settings",
    "StorageError",
    "UnreachableError",
    "UploadAnswer",
    "Usage",
    "follow",
]
