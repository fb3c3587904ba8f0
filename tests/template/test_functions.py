"""One folder, one function, one log, and exactly the variables it reads."""

import ast

import pytest

from tests.support.template_reader import ROOT, Expanded, Handler, Written, handlers, variables_read

# Read by boto3 and Powertools.
BY_LIBRARIES = {"AWS_ENDPOINT_URL", "POWERTOOLS_LOG_LEVEL", "POWERTOOLS_SERVICE_NAME"}

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


def test_every_function_has_a_log_that_ends(expanded: Expanded) -> None:
    groups = expanded.of("AWS::Logs::LogGroup").values()
    assert [group for group in groups if not 1 <= group.get("RetentionInDays", 0) <= 90] == []
    names = [group["LogGroupName"]["Fn::Sub"] for group in groups if "LogGroupName" in group]
    assert sorted(names) == sorted(f"/aws/lambda/${{{function}}}" for function in expanded.of("AWS::Lambda::Function"))


@each_handler
def test_a_function_gets_the_variables_it_reads_and_no_others(handler: Handler, written: Written) -> None:
    given = set(written.functions[handler.function]["Environment"]["Variables"])
    read = set(variables_read(handler.tree)) - written.shared_variables
    assert given - BY_LIBRARIES == read


def test_the_variables_of_all_functions_are_those_that_the_layer_reads(written: Written) -> None:
    sources = (ROOT / "layers/common/realstaging").rglob("*.py")
    read = {name for source in sources for name in variables_read(ast.parse(source.read_text()))}
    assert written.shared_variables - BY_LIBRARIES == read


def test_no_variable_holds_a_secret(expanded: Expanded) -> None:
    variables = [
        variable
        for function in expanded.of("AWS::Lambda::Function").values()
        for variable in function["Environment"]["Variables"]
    ]
    assert [name for name in variables if any(word in name for word in ("SECRET", "TOKEN", "PASSWORD"))] == []
    parameters = expanded.template["Parameters"].items()
    assert [name for name, parameter in parameters if parameter.get("NoEcho")] == []
