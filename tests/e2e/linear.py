"""A fleet with a known answer: y = 3 a - 2 b + c / 2 + 1 and a little noise, in one CSV a node."""
import array
import random
import sys

import deployment
import linear_trainer

FEATURES = ("a", "b", "c")
WEIGHT, BIAS = (3.0, -2.0, 0.5), 1.0
TRAINER = (sys.executable, deployment.LINEAR_TRAINER)

RESOURCES = """\
kind: Contract
name: plant
fields:
  - {name: a, type: FLOAT, unit: "1", min: -1, max: 1}
  - {name: b, type: FLOAT, unit: "1", min: -1, max: 1}
  - {name: c, type: FLOAT, unit: "1", min: -1, max: 1}
  - {name: y, type: FLOAT, unit: "1", min: -10, max: 10}
---
kind: Model
name: law
contract: plant
input: {features: [a, b, c], window: {rows: 1}}
label: {field: y}
"""

CAMPAIGN = """\
kind: Campaign
name: %(name)s
model: law
plan:
  rounds: %(rounds)d
  seed: %(seed)d
  recruit_window: %(recruit_window)s
  report_window: %(report_window)s
  selection:
    from: ENROLLED
    labels: {role: train}
    cohort: {goal: %(goal)d, minimum: %(minimum)d, select: %(goal)d}
    enrolled_at_least: %(enrolled)d
training:
  loss: mse
  optimizer: {name: sgd}
  learning_rate: {initial: 0.1}
  batch: 8
  epochs: %(epochs)d
aggregation:
  %(rule)s
  weights: %(weights)s
evaluation:
  labels: {role: test}
  every: 1
  metrics: [rmse, mae]
  enrolled_at_least: %(testers)d
"""


def write_rows(path, seed, rows=40):
    draw = random.Random(seed)
    lines = ["a,b,c,y"]
    for _ in range(rows):
        x = [draw.uniform(-1, 1) for _ in FEATURES]
        y = sum(w * v for w, v in zip(WEIGHT, x)) + BIAS + draw.gauss(0, 0.05)
        lines.append(",".join(f"{v:.6f}" for v in (*x, y)))
    path.write_text("\n".join(lines) + "\n")


def write_base(path):
    linear_trainer.write_safetensors(path, {"weight": ([1, 3], array.array("f", [0, 0, 0])),
                                            "bias": ([1], array.array("f", [0]))})


def node(d, name, seed, role="train", trainer=TRAINER):
    """What Deployment.start_agent wants of one node; writes its rows."""
    path = d.dir / f"{name}.csv"
    write_rows(path, seed)
    return {name: ({"role": role}, path, trainer)}


def start(d):
    """Coordinator, authority, join token and version 1 of the model, all zeros."""
    d.start_hub()
    d.token()
    d.apply(RESOURCES)
    write_base(d.dir / "base.safetensors")
    d.muster("model", "create", "law", "--params", "base.safetensors")


def campaign(name="learn", rounds=3, seed=7, goal=4, minimum=None, enrolled=None, testers=2, epochs=2,
             recruit_window="60s", report_window="60s", rule="fedavg: {}", weights="{uniform: true}"):
    return CAMPAIGN % {"name": name, "rounds": rounds, "seed": seed, "goal": goal, "epochs": epochs,
                       "minimum": minimum or goal, "enrolled": enrolled or goal, "testers": testers,
                       "recruit_window": recruit_window, "report_window": report_window, "rule": rule,
                       "weights": weights}
