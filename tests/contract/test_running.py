"""Starting and ending a local cloud: its lock, its ports, its processes, and a deployment that fails."""

import os
import socket
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from local import state
from local.deploy import DeployError, deploy
from local.ports import HOST, Ports
from local.processes import ROOT
from tests.contract.conftest import Sample, eventually

pytestmark = pytest.mark.contract

STARTS_ONE = """
import sys, time
from pathlib import Path
from local.processes import Processes
folder = Path(sys.argv[1])
Processes(folder).start("one", ["sh", "-c", f"echo $$ > {folder}/pid; {sys.argv[2]}; exec sleep 1000"], {}, "")
time.sleep(1000)
"""


def test_a_folder_belongs_to_one_cloud_at_a_time(tmp_path: Path) -> None:
    assert state.owner(tmp_path) is None
    with state.lock(tmp_path):
        assert state.owner(tmp_path) == os.getpid()
        with pytest.raises(state.AlreadyRunningError):
            state.lock(tmp_path)
    assert state.owner(tmp_path) is None


def test_a_file_that_a_killed_cloud_left_behind_is_not_believed(tmp_path: Path) -> None:
    texts = [field.name for field in fields(state.Cloud) if field.type is str]
    cloud = state.Cloud(**dict.fromkeys(texts, ""), queues={}, functions={}, pid=os.getpid())
    with state.lock(tmp_path):
        state.write(tmp_path, cloud)
        assert state.read(tmp_path) == cloud
    assert state.read(tmp_path) is None


def test_a_busy_port_is_named() -> None:
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert port in Ports.starting_at(port - 1).busy()


@pytest.mark.parametrize("at_once", [False, True], ids=["later", "by what it starts, at once"])
def test_whoever_is_killed_leaves_no_processes_behind(at_once: bool, tmp_path: Path) -> None:
    first = "kill -9 $PPID" if at_once else "true"
    parent = subprocess.Popen([sys.executable, "-c", STARTS_ONE, str(tmp_path), first], cwd=ROOT)
    written = tmp_path / "pid"
    child = int(eventually(lambda: written.exists() and written.read_text()))
    parent.kill()
    parent.wait()
    eventually(lambda: not _runs(child))


def _runs(pid: int) -> bool:
    """A zombie does not; who adopts it may take its time to collect it."""
    told = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return told.stdout.strip() not in ("", "Z", "Zs")


def test_a_stack_that_fails_says_which_resource_and_why(sample: Sample, tmp_path: Path) -> None:
    (tmp_path / "template.yaml").write_text(
        """
        Resources:
          Mapping:
            Type: AWS::Lambda::Function
            Properties:
              Runtime: python3.13
              Handler: a.b
              Role: !Sub "arn:aws:iam::${AWS::AccountId}:role/x"
              Code: {ZipFile: ""}
              Layers: ["arn:aws:lambda:us-east-1:000000000000:layer:nowhere:1"]
        """
    )
    with pytest.raises(DeployError, match=r"(?s)ROLLBACK.*Mapping: "):
        deploy(sample.endpoint, tmp_path, "broken", {})
