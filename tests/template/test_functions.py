"""One folder, one function, one log, and exactly the variables it reads."""

import ast

import pytest

from tests.support.template_reader import ROOT, Expanded, Handler, Written, handlers, target, variables_read

# Read by botocore and Powertools, and by realstaging.tracing from a mapping.
OTEL = {"OTEL_TRACES_EXPORTER", "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_TRACES_SAMPLER", "OTEL_TRACES_SAMPLER_ARG"}
BY_LIBRARIES = {
    "AWS_ENDPOINT_URL",
    "PYDANTIC_DISABLE_PLUGINS",
    "OPENBLAS_NUM_THREADS",
    "POWERTOOLS_LOG_LEVEL",
    "POWERTOOLS_SERVICE_NAME",
} | OTEL

each_handler = pytest.mark.parametrize("handler", handlers(), ids=lambda handler: handler.path.parent.name)


def test_every_folder_is_deployed_and_nothing_else(written: Written) -> None:
    folders = {path.name for path in (ROOT / "functions").iterdir() if path.is_dir() and path.name != "__pycache__"}
    deployed = {function["CodeUri"].strip("/") for function in written.functions.values()}
    assert deployed == {f"functions/{folder}" for folder in folders}


def test_functions_are_called_as_their_folders(written: Written) -> None:
    named = {name: function["CodeUri"].strip("/").split("/")[-1] for name, function in written.functions.items()}
    assert named == {handler.function: handler.path.parent.name for handler in handlers()}


def test_logs_say_which_function_wrote_them(written: Written) -> None:
    for name, function in written.functions.items():
        service = function["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"]
        assert f"functions/{service}/" == function["CodeUri"], name


def test_logs_end_and_are_there_before_the_functions_that_write_them(expanded: Expanded) -> None:
    groups = expanded.of("AWS::Logs::LogGroup")
    assert [name for name, group in groups.items() if not 1 <= group.get("RetentionInDays", 0) <= 90] == []
    written_to = {target(one["LoggingConfig"]["LogGroup"]) for one in expanded.of("AWS::Lambda::Function").values()}
    assert written_to == {"Logs"}
    # The account has one small resource policy for log delivery, and groups of this prefix do not add to it.
    assert groups["HttpAccessLogs"]["LogGroupName"]["Fn::Sub"].startswith("/aws/vendedlogs/")


def test_what_a_function_uses_can_be_measured(expanded: Expanded) -> None:
    levels = {one["LoggingConfig"]["SystemLogLevel"] for one in expanded.of("AWS::Lambda::Function").values()}
    assert levels == {"INFO"}, "REPORT lines are of this level"


@each_handler
def test_a_function_gets_the_variables_it_reads_and_no_others(handler: Handler, written: Written) -> None:
    given = set(written.functions[handler.function]["Environment"]["Variables"])
    read = set(variables_read(handler.tree)) - written.shared_variables
    assert given - BY_LIBRARIES == read


def test_the_variables_of_all_functions_are_those_that_the_layer_reads(written: Written) -> None:
    sources = (ROOT / "layers/common/realstaging").rglob("*.py")
    read = {name for source in sources for name in variables_read(ast.parse(source.read_text()))}
    assert written.shared_variables - BY_LIBRARIES == read


def test_numpy_starts_no_threads_where_there_is_one_cpu(written: Written) -> None:
    """They would wait for work in a loop, and take a third of what a start has."""
    for name, function in written.functions.items():
        has_numpy = "ImagingLayer" in map(target, function.get("Layers", []))
        assert (function["Environment"]["Variables"].get("OPENBLAS_NUM_THREADS") == "1") is has_numpy, name


def test_no_variable_holds_a_secret(expanded: Expanded) -> None:
    variables = [
        variable
        for function in expanded.of("AWS::Lambda::Function").values()
        for variable in function["Environment"]["Variables"]
    ]
    assert [name for name in variables if any(word in name for word in ("SECRET", "TOKEN", "PASSWORD"))] == []
    parameters = expanded.template["Parameters"].items()
    assert [name for name, parameter in parameters if parameter.get("NoEcho")] == []
