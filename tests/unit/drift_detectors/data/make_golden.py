"""Makes golden.txt and numpy_stream.txt with river 0.26.1 (pip install river==0.26.1).

A line of golden.txt: detector, configuration, kind and seed of the stream, indices of drifts, ranges of
warnings, and the estimate after the last value ("-": river does not tell), between tabs. The tests make
the streams themselves, by the arithmetic of stream() below on the same Mersenne twister.
"""
import json
import math
import pathlib
import random

import numpy
from river import drift
from river.drift import binary

HERE = pathlib.Path(__file__).parent
CASES = 36


def stream(kind, seed):
    """A few stretches, each around a level of its own."""
    rng = random.Random(seed)
    values = []
    for _ in range(2 + math.floor(rng.random() * 4)):
        level = rng.random()
        scale = 0.1 if rng.random() < 0.5 else 1.0
        for _ in range(50 + math.floor(rng.random() * 950)):
            if kind == "binary":
                values.append(1.0 if rng.random() < level else 0.0)
            elif kind == "integer":
                values.append(math.floor(rng.random() * 4) + math.floor(4 * level) + 0.0)
            else:
                four = rng.random() + rng.random() + rng.random() + rng.random()
                values.append(4 * level + scale * (four - 2))
    return values


def adwin(r):
    return drift.ADWIN, dict(delta=r.choice([.002, .05, .3]), clock=r.choice([32, 1, 7]),
                             max_buckets=r.choice([5, 2, 8]), min_window_length=r.choice([5, 1, 10]),
                             grace_period=r.choice([10, 1, 50]))


def ddm(r):
    return binary.DDM, dict(warm_start=r.choice([30, 10, 1]), warning_threshold=r.choice([1., 2.]),
                            drift_threshold=r.choice([3., 2.5]))


def eddm(r):
    return binary.EDDM, dict(warm_start=r.choice([30, 10, 2]), alpha=r.choice([.95, .8]),
                             beta=r.choice([.78, .7]))


def hddm(r):
    return dict(drift_confidence=r.choice([.001, .01, .0001]), warning_confidence=r.choice([.01, .05]),
                two_sided_test=r.random() < .5)


def kswin(r):
    return drift.KSWIN, dict(alpha=r.choice([.005, .05, .0001]), window_size=r.choice([100, 60, 250]),
                             stat_size=r.choice([30, 10]), seed=r.randrange(1000))


def page_hinkley(r):
    return drift.PageHinkley, dict(min_instances=r.choice([30, 5, 1]), delta=r.choice([.005, .05, 0.]),
                                   threshold=r.choice([5., 20., 50.]), alpha=r.choice([.9999, 1., .99]),
                                   mode=r.choice(["up", "down", "both"]))


DETECTORS = {
    "adwin": (adwin, lambda d: d.estimation, ["real", "integer", "binary"]),
    "ddm": (ddm, lambda d: d._p.get(), ["binary"]),
    "eddm": (eddm, lambda d: d._error_distances.mean.get(), ["binary"]),
    "hddm_a": (lambda r: (binary.HDDMA, hddm(r)), lambda d: d._z.get(), ["binary"]),
    "hddm_w": (lambda r: (binary.HDDMW, hddm(r) | dict(lambda_val=r.choice([.05, .2, .01]))),
               lambda d: d._total._ewma.get(), ["binary"]),
    "kswin": (kswin, None, ["real", "integer"]),
    "page_hinkley": (page_hinkley, lambda d: d._x_mean.get(), ["real", "integer"]),
}


def ranges(indices):
    out = []
    for i in indices:
        if out and out[-1][1] == i - 1:
            out[-1][1] = i
        else:
            out.append([i, i])
    return ",".join(f"{a}-{b}" for a, b in out)


def decimal(value):
    text = repr(float(value))
    return text[:-2] if text.endswith(".0") else text


def line(name, kind, seed):
    make, estimate, _ = DETECTORS[name]
    kind_of, config = make(random.Random(seed))
    detector = kind_of(**config)
    drifts, warnings = [], []
    for i, x in enumerate(stream(kind, seed)):
        detector.update(x)
        if detector.drift_detected:
            drifts.append(i)
        elif getattr(detector, "warning_detected", False):
            warnings.append(i)
    told = {k: decimal(v) if isinstance(v, float) else v for k, v in config.items()}
    return "\t".join([name, json.dumps(told, sort_keys=True, separators=(",", ":")), kind, str(seed),
                      ",".join(map(str, drifts)), ranges(warnings),
                      decimal(estimate(detector)) if estimate else "-"])


def main():
    lines = [line(name, kinds[seed % len(kinds)], seed)
             for name, (_, _, kinds) in DETECTORS.items() for seed in range(CASES)]
    (HERE / "golden.txt").write_text("\n".join(lines) + "\n")
    legacy = numpy.random.RandomState(12345)
    values = numpy.concatenate((legacy.randint(2, size=1000), legacy.randint(4, high=8, size=1000)))
    digits = "".join(map(str, values))
    (HERE / "numpy_stream.txt").write_text(
        "\n".join(digits[i:i + 100] for i in range(0, len(digits), 100)) + "\n")


if __name__ == "__main__":
    main()
