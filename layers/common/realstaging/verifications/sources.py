"""Which object stands behind one picture of a verification; nothing that its owner has deleted."""

from dataclasses import dataclass

from realstaging.errors import ImageNotReadyError, JobNotReadyError
from realstaging.gateways.media import original_key
from realstaging.models.images import ImageStatus
from realstaging.models.jobs import JobStatus
from realstaging.models.verifications import Source
from realstaging.stores.images import ImageStore
from realstaging.stores.jobs import JobStore


@dataclass(frozen=True, slots=True)
class Sources:
    images: ImageStore
    jobs: JobStore

    def key(self, owner: str, source: Source) -> str:
        """Of an image its original, of a job its result. Raises NotFoundError, ImageNotReadyError, JobNotReadyError."""
        if source.job_id:
            job = self.jobs.get(owner, source.job_id)
            if job.status is not JobStatus.READY or job.result_key is None:
                raise JobNotReadyError(f"The job is {job.status}; it can be verified once it is ready.")
            return job.result_key
        image = self.images.get(owner, source.image_id or "")
        if image.status is not ImageStatus.READY or image.sha256 is None:
            raise ImageNotReadyError(f"The image is {image.status}; it can be verified once it is ready.")
        return original_key(owner, image.sha256)
