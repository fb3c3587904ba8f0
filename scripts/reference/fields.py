"""What single fields mean, where their names do not say it all."""

MODELS = {
    "StageSettings": "How to furnish. Everything may be left out; `GET /v1/capabilities` lists what can be named.",
    "UploadFile": "One photo to come. `settings` left out: the defaults apply; `null`: it is stored and not staged.",
    "RestageItem": "One image to stage.",
    "UploadRequest": "Each file is checked on its own, so that one bad file does not stop the others.",
    "RestageRequest": "Each item is checked on its own, so that one bad item does not stop the others.",
    "Failure": "Why an image or a job came to nothing.",
    "ItemProblem": "The refusal of one item; the others are not touched by it.",
    "JobView": "One staging of one photo. Keep the answer with the higher `version`.",
    "ImageView": "A photo. Keep the answer with the higher `version`.",
    "PresignedPost": "A form to send as multipart/form-data: the `fields` first, then the photo as `file`.",
    "RestagedItem": "`job` is the first of `jobs`, for requests that ask for one style and one variation.",
    "AccountPatch": "What to change. What is not named stays; `null` removes or resets.",
    "Problem": "A refusal (RFC 9457). Go by `code`, which is stable; `title` and `detail` are for people.",
}

FIELDS = {
    "StageSettings": {
        "room_type": "An id of `room_types`; `auto` or left out: the model works it out.",
        "style": "An id of `styles`; short for one of `styles`. Left out: `modern`; `auto`: the model chooses.",
        "styles": "One job is made for each. Not together with `style`.",
        "prompt": "A wish in your words, e.g. “a reading corner by the window”. The model is told first what must not "
        "change in the room.",
        "keep_structure": "`false`: your prompt is sent as it is, without the parts that protect the room, and without "
        "room type and style; results may change walls and windows, you answer for them. Only together with `prompt`.",
        "seed": "The same seed gives similar results; counts up with each variation.",
        "model": "An id of `models`; left out: the default one.",
        "variations": "How many jobs are made for each style.",
    },
    "UploadFile": {
        "filename": "As it is called at your place; a download is named after it.",
        "size_bytes": "At most `limits.max_bytes` of the capabilities.",
        "sha256": "Lower-case hex. When given, a file with another content is rejected.",
    },
    "UploadItem": {"status": "201, or that of its `error`.", "jobs": "Empty when it is only stored."},
    "RestagedItem": {"status": "202, or that of its `error`."},
    "UploadAnswer": {"batch_id": "`null` when nothing was taken."},
    "RestageAnswer": {"batch_id": "`null` when nothing was taken."},
    "JobView": {
        "keep_structure": "`false`: the model was not told to leave the room as it is; say so where you show it.",
        "attempt": "How often it was given to the model.",
        "charged": "Whether it counts against the quota: only delivered results do.",
        "cost_usd": "What the run cost at the provider.",
        "duration_ms": "How long the model took.",
        "parent_job_id": "The job it is a retry of.",
    },
    "ImageView": {
        "content_type": "As announced; the bytes are checked against it.",
        "width": "Upright, in pixels; known once it is `ready`.",
        "sha256": "Of the original bytes; known once it is `ready`.",
    },
    "UsageView": {"used": "Work in flight and delivered results.", "period_end": "Exclusive."},
    "ApiKeyView": {"prefix": "What to recognize it by.", "last_used_at": "To about five minutes."},
    "ProjectPage": {"next_cursor": "The `cursor` of the next page; `null` on the last."},
    "ImagePage": {"next_cursor": "The `cursor` of the next page; `null` on the last."},
    "JobPage": {"next_cursor": "The `cursor` of the next page; `null` on the last."},
    "LedgerPage": {"next_cursor": "The `cursor` of the next page; `null` on the last."},
    "TicketView": {"url": "Holds the ticket: open it as it is.", "ticket": "Works once, for 30 seconds."},
    "LedgerEntry": {"state": "`reserved` with the job; then `captured` with a result, or `released` without."},
    "Option": {"maps_to": "What a deprecated one is treated as."},
}

PARAMETERS = {
    "project_id": "The project.",
    "image_id": "The image.",
    "job_id": "The job.",
    "batch_id": "The batch.",
    "key_id": "The API key's id, not the key.",
    "limit": "Objects per page.",
    "cursor": "A `next_cursor` of this list.",
    "status": "Only jobs in this state.",
    "variant": "Which of its files.",
    "expires_in": "How many seconds the address is good for.",
    "download": "`1`: browsers save it under a name instead of showing it.",
}
