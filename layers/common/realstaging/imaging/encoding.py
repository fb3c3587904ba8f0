"""The files we write, and the statement that goes into a staged one."""

import io
from typing import Literal

from PIL import ExifTags, Image
from PIL.PngImagePlugin import PngInfo

from realstaging.imaging import formats

STATEMENT = "Virtually staged: furniture and decor were added by software."
SOFTWARE = "Real Staging"

_THUMBNAIL = 80
# Fast rather than small: at 24 megapixels the slower ones take longer than everything else together.
_PNG_LEVEL, _WEBP_METHOD = 1, 2

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


def staged(image: Image.Image, content_type: str, quality: int = 96) -> bytes:
    """A JPEG, WebP or PNG file that says, to people and to programs, that it was virtually staged.

    Above a thumbnail's quality JPEG is written in 4:4:4: furniture has hard color edges and listing portals compress
    once more; halving the chroma twice shows as fringes. At 96 nearly all of the photo's own pixels come back within
    two levels; at 92 every twentieth did not.
    """
    exif = Image.Exif()
    exif[ExifTags.Base.ImageDescription] = STATEMENT
    exif[ExifTags.Base.Software] = SOFTWARE
    file = io.BytesIO()
    if content_type == formats.PNG:
        text = PngInfo()
        text.add_text("Description", STATEMENT)
        text.add_text("Software", SOFTWARE)
        text.add_itxt("XML:com.adobe.xmp", _XMP)
        image.save(file, "PNG", exif=exif, pnginfo=text, compress_level=_PNG_LEVEL)
    elif content_type == formats.WEBP:
        image.save(file, "WEBP", quality=quality, method=_WEBP_METHOD, exif=exif, xmp=_XMP.encode())
    else:
        fine = quality > _THUMBNAIL
        subsampling = "4:4:4" if fine else "4:2:0"
        image.save(file, "JPEG", quality=quality, subsampling=subsampling, exif=exif, xmp=_XMP.encode())
    return file.getvalue()
