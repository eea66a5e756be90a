"""Engines for the demo: NASA's C-MAPSS FD001 split by engine, or a generator of degrading ones.

Every engine gets a CSV file of its own with the columns cycle, s1..s21 and rul. An agent opens the
files of its own engines and no others.
"""
import array
import csv
import json
import lzma
import math
import pathlib
import random
import re
import struct

SENSORS = [f"s{i}" for i in range(1, 22)]
HEADER = ["cycle", *SENSORS, "rul"]

# What a healthy engine reads, how far wear moves it until failure, and the noise: C-MAPSS FD001's
# own figures, rounded.
GENERATED = {
    "s1": (518.67, 0.0, 0.0), "s2": (642.3, 1.4, 0.30), "s3": (1587.0, 14.0, 4.0),
    "s4": (1402.0, 28.0, 4.5), "s5": (14.62, 0.0, 0.0), "s6": (21.61, 0.0, 0.0),
    "s7": (554.0, -3.0, 0.5), "s8": (2388.04, 0.22, 0.03), "s9": (9055.0, 60.0, 9.0),
    "s10": (1.3, 0.0, 0.0), "s11": (47.3, 0.9, 0.12), "s12": (521.9, -2.6, 0.4),
    "s13": (2388.04, 0.22, 0.03), "s14": (8135.0, 60.0, 8.0), "s15": (8.41, 0.11, 0.018),
    "s16": (0.03, 0.0, 0.0), "s17": (392.0, 5.0, 0.8), "s18": (2388.0, 0.0, 0.0),
    "s19": (100.0, 0.0, 0.0), "s20": (38.95, -0.5, 0.09), "s21": (23.37, -0.3, 0.055),
}


def find(folder, name):
    """The file `name` in `folder`, plain or xz-compressed, as an open text stream."""
    plain = pathlib.Path(folder) / name
    if plain.exists():
        return open(plain, encoding="ascii")
    packed = plain.with_name(name + ".xz")
    if packed.exists():
        return lzma.open(packed, "rt", encoding="ascii")
    raise FileNotFoundError(f"neither {name} nor {name}.xz is in {folder}")


def read_engines(stream):
    """Rows by engine: C-MAPSS lines are engine, cycle, three settings and 21 sensors."""
    engines = {}
    for line in stream:
        fields = line.split()
        if fields:
            engines.setdefault(int(fields[0]), []).append([int(fields[1]), *fields[5:26]])
    return engines


def load_cmapss(folder):
    """(train, test): lists of engines, each a list of rows with the remaining life at the end."""
    with find(folder, "train_FD001.txt") as stream:
        train = read_engines(stream)
    with find(folder, "test_FD001.txt") as stream:
        test = read_engines(stream)
    with find(folder, "RUL_FD001.txt") as stream:
        left = [int(line) for line in stream if line.strip()]
    if len(left) != len(test):
        raise ValueError(f"{len(left)} remaining lives for {len(test)} test engines")
    return ([with_rul(rows, 0) for _, rows in sorted(train.items())],
            [with_rul(rows, end) for (_, rows), end in zip(sorted(test.items()), left)])


def with_rul(rows, left_at_end):
    last = rows[-1][0]
    return [[*row, left_at_end + last - row[0]] for row in rows]


def generate_engine(rng, life):
    """One run to failure: wear grows exponentially towards the end, as in Saxena et al. 2008."""
    onset = rng.uniform(0.2, 0.45) * life
    sharpness = rng.uniform(2.5, 4.0)
    offset = {name: rng.gauss(0, 0.4) for name in SENSORS}
    rows = []
    for cycle in range(1, life + 1):
        age = max(0.0, cycle - onset) / (life - onset)
        wear = math.expm1(sharpness * age) / math.expm1(sharpness)
        values = [f"{base + drift * wear + noise * (rng.gauss(0, 1) + offset[name]):.4f}"
                  for name, (base, drift, noise) in GENERATED.items()]
        rows.append([cycle, *values, life - cycle])
    return rows


def generate(count=100, seed=20081006):
    rng = random.Random(seed)
    train = [generate_engine(rng, rng.randint(130, 350)) for _ in range(count)]
    test = []
    for _ in range(count):
        rows = generate_engine(rng, rng.randint(130, 350))
        test.append(rows[:rng.randint(40, len(rows) - 5)])
    return train, test


def write_engines(folder, prefix, engines):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    names = []
    for number, rows in enumerate(engines, 1):
        name = f"{prefix}-{number:03}"
        with open(folder / f"{name}.csv", "w", newline="", encoding="ascii") as out:
            writer = csv.writer(out, lineterminator="\n")
            writer.writerow(HEADER)
            writer.writerows(rows)
        names.append(name)
    return names


# --- What a run with all data in one place reads: the same windows as the agents make ---

WINDOW = 30
LABEL_MAX = 125.0


def declared(resources):
    """(name, min, max) of the model's features, in its order, from the demo's YAML."""
    text = pathlib.Path(resources).read_text(encoding="utf-8")
    ranges = {name: (float(low), float(high)) for name, low, high in
              re.findall(r"name: (\w+), type: FLOAT.*?min: ([\d.]+), max: ([\d.]+)", text)}
    features = re.search(r"features: \[(.*?)\]", text).group(1).split(", ")
    return [(name, *ranges[name]) for name in features]


def with_ranges(resources, fields):
    """The demo's YAML with the range of each FLOAT field as the fleet's statistics have it.

    From the 0.1 % to the 99.9 % quantile and a tenth of that on either side, in three digits of it,
    so that a device more or less does not change the model.
    """
    for field in fields:
        quantiles = [float(q["value"]) for q in field["quantiles"] if q["value"] is not None]
        if len(quantiles) != 2 or quantiles[0] >= quantiles[1]:
            continue  # Constant, or too few devices: as declared.
        margin = (quantiles[1] - quantiles[0]) / 10
        digits = 2 - math.floor(math.log10(quantiles[1] - quantiles[0]))
        low, high = (round(end, digits) for end in (quantiles[0] - margin, quantiles[1] + margin))
        resources = re.sub(rf"(name: {field['name']}, type: FLOAT.*?min: )[\d.]+(, max: )[\d.]+",
                           rf"\g<1>{low}\g<2>{high}", resources)
    return resources


def windows(rows, features, last_only):
    """(x, y) as flat arrays of f32: scaled windows and capped remaining lives."""
    columns = [(HEADER.index(name), low, high) for name, low, high in features]
    scaled = array.array("f", [2 * (float(row[i]) - low) / (high - low) - 1
                               for row in rows for i, low, high in columns])
    width = len(columns)
    short = max(0, WINDOW - len(rows))
    scaled = array.array("f", scaled[:width] * short) + scaled
    ends = range(len(rows) + short - WINDOW + 1)
    x, y = array.array("f"), array.array("f")
    for begin in ([ends[-1]] if last_only else ends):
        x.extend(scaled[begin * width:(begin + WINDOW) * width])
        y.append(min(LABEL_MAX, float(rows[begin + WINDOW - 1 - short][-1])) / LABEL_MAX)
    return x, y


def write_dataset(path, x, y):
    """One safetensors file with x [n, inputs] and y [n, 1]."""
    inputs = len(x) // len(y)
    header = json.dumps({
        "x": {"dtype": "F32", "shape": [len(y), inputs], "data_offsets": [0, 4 * len(x)]},
        "y": {"dtype": "F32", "shape": [len(y), 1],
              "data_offsets": [4 * len(x), 4 * (len(x) + len(y))]},
    }, separators=(",", ":")).encode()
    header += b" " * (-len(header) % 8)
    with open(path, "wb") as out:
        out.write(struct.pack("<Q", len(header)) + header + x.tobytes() + y.tobytes())
