"""Whether a secret is there can be asked without the right to read it."""

import pytest

from tests.contract.conftest import Sample

pytestmark = pytest.mark.contract


def test_the_tags_of_a_parameter_that_is_not_there_are_refused(sample: Sample) -> None:
    ssm = sample.client("ssm")
    ssm.put_parameter(Name="/sample/there", Value="x", Type="SecureString")

    assert ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId="/sample/there")["TagList"] == []
    with pytest.raises(ssm.exceptions.InvalidResourceId):
        ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId="/sample/missing")
