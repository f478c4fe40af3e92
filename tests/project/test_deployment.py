"""The manifests for Kubernetes are valid, and run what Compose runs."""

import re
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from integrations.transfer.views import ImportsView

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "deploy" / "kubernetes"
FILES = sorted(path.name for path in FOLDER.glob("*.yaml") if path.name != "kustomization.yaml")
VERSION = "1.37"


def objects(name: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((FOLDER / name).read_text()))


def workloads() -> dict[str, dict[str, Any]]:
    """Return the pod of each Deployment and Job by its name."""
    every = [each for name in FILES for each in objects(name) if each["kind"] in {"Deployment", "Job"}]
    return {each["metadata"]["name"]: each["spec"]["template"]["spec"] for each in every}


@pytest.mark.parametrize("name", FILES)
def test_each_object_is_valid(name: str) -> None:
    for each in objects(name):
        kubernetes_validate.validate(each, VERSION, strict=True)


def test_every_file_is_applied() -> None:
    kustomization = yaml.safe_load((FOLDER / "kustomization.yaml").read_text())
    assert sorted(kustomization["resources"]) == FILES
    assert objects("namespace.yaml")[0]["metadata"]["name"] == kustomization["namespace"], "or applying it fails"


def test_each_process_runs_what_compose_runs() -> None:
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    for name, pod in workloads().items():
        [container] = pod["containers"]
        assert container.get("command") == services[name].get("command"), name
        assert pod["securityContext"]["runAsNonRoot"] is True
    assert workloads().keys() == services.keys() - {"db", "redis"}


def test_every_container_has_all_settings_and_writes_only_where_it_can() -> None:
    for name, pod in workloads().items():
        for container in [*pod["containers"], *pod.get("initContainers", [])]:
            assert container["image"] == "habit-tracker"
            assert container["envFrom"] == [{"configMapRef": {"name": "habits"}}, {"secretRef": {"name": "habits"}}]
            required = {each["name"] for each in container["env"] if "valueFrom" in each}
            assert required == {"DATABASE_URL", "REDIS_URL", "SECRET_KEY"}, "each pod would make its own"
            assert {"name": "DATA_DIR", "value": "/data"} in container["env"]
            assert container["securityContext"]["readOnlyRootFilesystem"] is True
            assert {mount["mountPath"] for mount in container["volumeMounts"]} == {"/data", "/tmp"}, name


def test_no_service_of_the_namespace_becomes_a_setting() -> None:
    """A Service `postgres` would set POSTGRES_PORT=tcp://…, and `database` DATABASE_PORT: both are read."""
    assert {pod["enableServiceLinks"] for pod in workloads().values()} == {False}


def test_what_does_not_wait_by_its_probe_waits_for_the_migrations() -> None:
    pods = workloads()
    for name in pods.keys() - {"web", "migrate"}:
        [wait] = pods[name]["initContainers"]
        assert "migrate --check" in wait["command"][-1]
    [web] = pods["web"]["containers"]
    assert web["readinessProbe"]["httpGet"]["path"] == "/readyz/"


def test_an_upload_passes_every_proxy() -> None:
    [ingress] = [each for each in objects("web.yaml") if each["kind"] == "Ingress"]
    sizes = [
        ingress["metadata"]["annotations"]["nginx.ingress.kubernetes.io/proxy-body-size"],
        *re.findall(r"client_max_body_size (\w+);", (ROOT / "deploy" / "proxy" / "nginx.conf").read_text()),
        *re.findall(r"client_max_body_size (\w+);", (ROOT / "docs" / "deployment.md").read_text()),
    ]
    assert len(sizes) == 3
    assert all(int(size.removesuffix("m")) << 20 > ImportsView.max_body_bytes for size in sizes)


def test_settings_have_the_names_of_the_sample() -> None:
    sample = set(re.findall(r"^(\w+)=", (ROOT / ".env.sample").read_text(), re.MULTILINE))
    config, secret = objects("settings.yaml")
    assert config["data"].keys() | secret["stringData"].keys() <= sample
    left_out = set(re.findall(r"^  # (\w+): ", (FOLDER / "settings.yaml").read_text(), re.MULTILINE))
    assert left_out == {"DATABASE_URL", "REDIS_URL", "SECRET_KEY"} <= sample
    assert not any(secret["stringData"].values())  # a value here would be one that many installations share


def test_what_scales_has_a_budget_for_disruptions_and_two_replicas() -> None:
    for name in ("web", "worker"):
        kinds = {each["kind"]: each["spec"] for each in objects(f"{name}.yaml")}
        assert kinds["Deployment"]["replicas"] == kinds["HorizontalPodAutoscaler"]["minReplicas"] == 2
        assert kinds["PodDisruptionBudget"]["minAvailable"] == 1
    assert kinds["HorizontalPodAutoscaler"]["metrics"][0]["external"]["metric"]["name"] == "habits_lag_seconds"
