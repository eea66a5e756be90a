#!/usr/bin/env python3
"""An exec trainer in Python's standard library alone: a linear model, trained by plain SGD.

    linear_trainer.py TASK_DIR

Reads task.json, the base model (tensors "weight" [1, f] and "bias" [1]) and the data ("x" [n, f],
"y" [n, 1]), all safetensors with F32 values. Writes metrics.json and, for training,
update.safetensors: trained parameters minus the base's. It shows all that a trainer must do.
"""
import array
import json
import os
import random
import struct
import sys


def read_safetensors(path):
    """{name: (shape, array of floats)}"""
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        body = file.read()
    tensors = {}
    for name, tensor in header.items():
        if name == "__metadata__":
            continue
        if tensor["dtype"] != "F32":
            raise ValueError(f"{path}: tensor {name} is {tensor['dtype']}, not F32")
        begin, end = tensor["data_offsets"]
        values = array.array("f", body[begin:end])
        if sys.byteorder == "big":
            values.byteswap()
        tensors[name] = (tensor["shape"], values)
    return tensors


def write_safetensors(path, tensors):
    header, body = {}, b""
    for name in sorted(tensors):
        shape, values = tensors[name]
        data = struct.pack(f"<{len(values)}f", *values)
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [len(body), len(body) + len(data)]}
        body += data
    text = json.dumps(header, separators=(",", ":"), sort_keys=True).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + body)


def predict(weight, bias, row):
    return sum(w * v for w, v in zip(weight, row)) + bias


def train(task, rows, labels, weight, bias):
    """Mean squared error, minibatches, one shuffle an epoch; returns (weight, bias, loss)."""
    rate = float(task["optimizer"]["learning_rate"])
    draw = random.Random(int(task["seed"]))
    order = list(range(len(rows)))
    loss = 0.0
    for _ in range(task["epochs"]):
        draw.shuffle(order)
        loss = 0.0
        for at in range(0, len(order), task["batch"]):
            batch = order[at:at + task["batch"]]
            errors = [predict(weight, bias, rows[i]) - labels[i] for i in batch]
            loss += sum(e * e for e in errors)
            scale = 2 * rate / len(batch)
            for j in range(len(weight)):
                weight[j] -= scale * sum(e * rows[i][j] for e, i in zip(errors, batch))
            bias -= scale * sum(errors)
    return weight, bias, loss / len(rows)


def main(directory):
    def at(name):
        return os.path.join(directory, name)  # A path in task.json may be absolute.

    with open(at("task.json"), encoding="utf-8") as file:
        task = json.load(file)
    if task["loss"] != "mse" or task["optimizer"]["name"] != "sgd":
        raise ValueError("this trainer knows the loss mse and the optimizer sgd")
    model, data = read_safetensors(at(task["model"])), read_safetensors(at(task["data"]))
    (weight_shape, base_weight), (bias_shape, base_bias) = model["weight"], model["bias"]
    (count, width), x = data["x"]
    labels = list(data["y"][1])
    if weight_shape != [1, width] or bias_shape != [1]:
        raise ValueError(f"weight {weight_shape} and bias {bias_shape} do not fit {width} features")
    rows = [x[i * width:(i + 1) * width] for i in range(count)]

    metrics = {}
    if task["kind"] == "train":
        weight, bias, loss = train(task, rows, labels, list(base_weight), base_bias[0])
        write_safetensors(at("update.safetensors"), {
            "weight": (weight_shape, [new - old for new, old in zip(weight, base_weight)]),
            "bias": (bias_shape, [bias - base_bias[0]]),
        })
    else:
        errors = [predict(base_weight, base_bias[0], row) - y for row, y in zip(rows, labels)]
        loss = sum(e * e for e in errors) / count
        scale = float(task.get("label_scale", "1"))
        metrics = {"sse": repr(sum((e * scale) ** 2 for e in errors)),
                   "sae": repr(sum(abs(e * scale) for e in errors))}
    with open(at("metrics.json"), "w", encoding="utf-8") as file:
        json.dump({"examples": count, "loss": repr(loss), "metrics": metrics}, file)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: linear_trainer.py TASK_DIR")
    main(sys.argv[1])
