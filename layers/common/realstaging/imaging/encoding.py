"""The JPEG files we write, and the statement that goes into a staged one."""

import io
from typing import Literal

from PIL import ExifTags, Image

STATEMENT = "Virtually staged: furniture and decor were added by software."
SOFTWARE = "Real Staging"

# IPTC's term for a photograph with parts made by generative AI; portals read it from XMP.
SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"

_XMP = f"""<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about=""
    xmlns:dc="http://purl.org/dc/elements/1.1/"
    xmlns:xmp="http://ns.adobe.com/xap/1.0/"
    xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
    xmp:CreatorTool="{SOFTWARE}"
    Iptc4xmpExt:DigitalSourceType="{SOURCE_TYPE}">
   <dc:description><rdf:Alt><rdf:li xml:lang="x-default">{STATEMENT}</rdf:li></rdf:Alt></dc:description>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="r"?>"""


def jpeg(image: Image.Image, quality: int, subsampling: Literal["4:4:4", "4:2:0"] = "4:2:0") -> bytes:
    """A JPEG without any metadata."""
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality, subsampling=subsampling)
    return file.getvalue()


def staged_jpeg(image: Image.Image, quality: int, subsampling: Literal["4:4:4", "4:2:0"] = "4:2:0") -> bytes:
    """A JPEG that says, to people and to programs, that it was virtually staged."""
    exif = Image.Exif()
    exif[ExifTags.Base.ImageDescription] = STATEMENT
    exif[ExifTags.Base.Software] = SOFTWARE
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality, subsampling=subsampling, exif=exif, xmp=_XMP.encode())
    return file.getvalue()
