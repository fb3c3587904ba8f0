"""The page on AWS: read by CloudFront alone, one domain with the API, made only where it is wanted."""

import tomllib

from tests.support.template_reader import ROOT, Expanded, Resources

CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
ALL_BUT_HOST = "b689b0a8-53d0-40ab-baf2-38268f8966ac"


def test_nothing_is_made_without_a_client(expanded: Expanded) -> None:
    assert expanded.template["Resources"]["Page"]["Condition"] == "HasPage"
    assert expanded.template["Conditions"]["HasPage"] == {
        "Fn::And": [{"Fn::Not": [{"Fn::Equals": [{"Ref": "PageClientId"}, ""]}]}, {"Condition": "NotEmulated"}]
    }
    assert expanded.template["Parameters"]["PageClientId"]["Default"] == ""
    for name in ("PageUrl", "PageTarget", "PageBucket"):
        assert expanded.template["Outputs"][name]["Condition"] == "HasPage"
    dev = tomllib.loads((ROOT / "samconfig.toml").read_text())["dev"]["deploy"]["parameters"]["parameter_overrides"]
    assert "PageClientId" not in dev


def test_the_parts_get_what_they_ask_for(expanded: Expanded, page: Resources) -> None:
    given = expanded.template["Resources"]["Page"]["Properties"]["Parameters"]
    assert given.keys() == page.template["Parameters"].keys()


def test_only_this_distribution_reads_the_files(page: Resources) -> None:
    (bucket,) = page.of("AWS::S3::Bucket").values()
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    (policy,) = page.of("AWS::S3::BucketPolicy").values()
    allowed, denied = policy["PolicyDocument"]["Statement"]
    assert allowed["Principal"] == {"Service": "cloudfront.amazonaws.com"}
    assert allowed["Action"] == "s3:GetObject"
    (source,) = allowed["Condition"]["StringEquals"].values()
    assert source["Fn::Sub"].endswith(":distribution/${Distribution}")
    assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    (access,) = page.of("AWS::CloudFront::OriginAccessControl").values()
    assert access["OriginAccessControlConfig"]["SigningBehavior"] == "always"
    (distribution,) = page.of("AWS::CloudFront::Distribution").values()
    files = distribution["DistributionConfig"]["Origins"][0]
    assert files["OriginAccessControlId"] == {"Ref": "Access"}


def test_every_file_comes_with_the_headers_of_a_page(page: Resources) -> None:
    (headers,) = page.of("AWS::CloudFront::ResponseHeadersPolicy").values()
    security = headers["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]
    assert {name for name, each in security.items() if each["Override"]} == {
        "ContentSecurityPolicy",
        "ContentTypeOptions",
        "FrameOptions",
        "ReferrerPolicy",
        "StrictTransportSecurity",
    }
    rules = security["ContentSecurityPolicy"]["ContentSecurityPolicy"]["Fn::Join"][1]
    policy = "; ".join(each if isinstance(each, str) else each["Fn::Sub"] for each in rules)
    assert "default-src 'none'; script-src 'self'; style-src 'self'" in policy
    assert "unsafe" not in policy
    assert "*" not in policy
    (distribution,) = page.of("AWS::CloudFront::Distribution").values()
    served = distribution["DistributionConfig"]["DefaultCacheBehavior"]
    assert served["ResponseHeadersPolicyId"] == {"Ref": "Headers"}
    assert served["ViewerProtocolPolicy"] == "redirect-to-https"


def test_the_api_is_on_the_same_domain_and_never_kept(page: Resources) -> None:
    (distribution,) = page.of("AWS::CloudFront::Distribution").values()
    (api,) = distribution["DistributionConfig"]["CacheBehaviors"]
    assert (api["PathPattern"], api["TargetOriginId"]) == ("/v1/*", "api")
    assert (api["CachePolicyId"], api["OriginRequestPolicyId"]) == (CACHING_DISABLED, ALL_BUT_HOST)
    assert {"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"} == set(api["AllowedMethods"])
    # An error page of the distribution would take the place of the API's own answers.
    assert "CustomErrorResponses" not in distribution["DistributionConfig"]


def test_a_domain_has_its_certificate(expanded: Expanded, page: Resources) -> None:
    rules = expanded.template["Rules"]
    assert rules["DomainHasCertificate"]["Assertions"][0]["Assert"] == {
        "Fn::Not": [{"Fn::Equals": [{"Ref": "PageCertificate"}, ""]}]
    }
    (distribution,) = page.of("AWS::CloudFront::Distribution").values()
    condition, given, otherwise = distribution["DistributionConfig"]["ViewerCertificate"]["Fn::If"]
    assert (condition, otherwise) == ("HasDomain", {"Ref": "AWS::NoValue"})
    assert given["MinimumProtocolVersion"] == "TLSv1.2_2021"


def test_a_firewall_is_an_option(page: Resources) -> None:
    (distribution,) = page.of("AWS::CloudFront::Distribution").values()
    assert distribution["DistributionConfig"]["WebACLId"] == {
        "Fn::If": ["HasFirewall", {"Ref": "Firewall"}, {"Ref": "AWS::NoValue"}]
    }
