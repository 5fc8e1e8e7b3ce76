#!/usr/bin/env python3
"""Imports drawn pictures at the scale of iNaturalist 2018: inaturalist.py TAILBIT READ_EPOCH [CLASSES [KILLS [FOLDER]]].

8,142 classes (the default) are the true scale: 437,513 training and 24,426 test JPEGs of about 1 KB under JSON files of the
true size and shape. The pictures are noise; how many a class has is made up to match the seven numbers that are published
(sum, largest 1,000, smallest 2, many/medium/few 842/3,701/3,599), class by class it is not the real histogram. Fewer classes
take every n-th of its ranks. Draws them, imports them, imports them again with KILLS kill -9 at random moments, compares,
looks at every line of the index, plants defects, and lets `data verify` find them. The folder (3 GB) is removed at the end.
"""
import hashlib
import io
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import time

try:
    from PIL import Image
except ImportError:
    print("skipped: python3-pil is not installed")
    sys.exit(77)

ALL = 8142
SUPERS = {"Plantae": 2917, "Insecta": 2031, "Aves": 1258, "Actinopterygii": 369, "Fungi": 321, "Reptilia": 284, "Mollusca": 262,
          "Mammalia": 234, "Animalia": 178, "Amphibia": 144, "Arachnida": 114, "Chromista": 25, "Protozoa": 4, "Bacteria": 1}  # fmt: skip
SECONDS_MOST, BYTES_MOST, FLIPPED = 600, 2 << 30, 24
rng = random.Random(2018)


def count_of(rank):
    """Training pictures of the class of that rank."""
    if rank < 842:
        return int(101 + 899 * (1 - rank / 842) ** 4.42118) - (rank == 1)
    return int(100 * 0.2 ** ((rank - 842) / 3700)) if rank < 4543 else int(19 - 17 * ((rank - 4543) / 3598) ** 0.7)


def draw_jpeg():
    out = io.BytesIO()
    Image.frombytes("RGB", (16, 16), rng.randbytes(768)).save(out, "JPEG", quality=75)
    return out.getvalue()


def make_categories(classes):
    """Ids of a slice have gaps, as those of a slice of the real set have."""
    supers = [name for name, count in SUPERS.items() for _ in range(count)]
    ids = [j * ALL // classes for j in range(classes)]
    return [{"id": i, "name": f"{supers[i]} drawn {i}", "supercategory": supers[i], "kingdom": "drawn", "phylum": "drawn", "class": "drawn",
             "order": "drawn", "family": "drawn", "genus": "drawn"} for i in ids]  # fmt: skip


def write_json(path, images, annotations, categories):
    """The lists are shuffled: their order says nothing."""
    for rows in images, annotations, categories:
        rng.shuffle(rows)
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"info": {"year": 2018, "description": "drawn, not iNaturalist"}, "images": images, "licenses": [{"id": 3, "name": "none"}],
                   "annotations": annotations, "categories": categories}, file)  # fmt: skip


def draw(folder, categories):
    """Returns how many pictures of both parts each category has, by id."""
    ranks = list(range(0, ALL, ALL // len(categories)))[: len(categories)]
    rng.shuffle(ranks)
    counts, next_id = {}, 0
    for name, part in (("train2018.json", 0), ("val2018.json", 1)):
        images, annotations = [], []
        for category, rank in zip(categories, ranks):
            below = f"train_val2018/{category['supercategory']}/{category['id']}"
            (folder / below).mkdir(parents=True, exist_ok=True)
            pictures = 3 if part else count_of(rank)
            counts.setdefault(category["id"], []).append(pictures)
            for _ in range(pictures):
                file_name = f"{below}/{rng.getrandbits(128):032x}.jpg"
                (folder / file_name).write_bytes(draw_jpeg())
                images.append({"id": next_id, "width": 16, "height": 16, "file_name": file_name, "license": 3, "rights_holder": "nobody at all"})
                annotations.append({"id": next_id, "image_id": next_id, "category_id": category["id"]})
                next_id += 1
        write_json(folder / name, images, annotations, list(categories))
    return counts


class Tailbit:
    def __init__(self, program, read_epoch, folder):
        self.program, self.read_epoch, self.folder, self.data = program, read_epoch, folder, folder / "sets"
        self.place = self.data / "inaturalist"

    def words(self, *words):
        return [self.program, "data", *words, "--data-dir", str(self.data)]

    def run(self, *words):
        """Standard output, exit code, seconds and peak bytes of a command."""
        start = time.monotonic()
        with tempfile.TemporaryFile("w+") as said:
            process = subprocess.Popen(self.words(*words), stdout=said)
            _, status, usage = os.wait4(process.pid, 0)
            said.seek(0)
            return said.read(), os.waitstatus_to_exitcode(status), time.monotonic() - start, usage.ru_maxrss << 10

    def import_all(self):
        return self.run("import", "inaturalist", str(self.folder / "nat"))

    def kill_import(self, seconds):
        """Starts an import, kills it, and returns how many lines its journal has."""
        process = subprocess.Popen(self.words("import", "inaturalist", str(self.folder / "nat")), stdout=subprocess.DEVNULL)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
        journal = self.data / "inaturalist.tmp/journal.txt"
        return journal.read_bytes().count(b"\n") if journal.exists() else 0

    def digests(self):
        return {path.name: hashlib.file_digest(open(path, "rb"), "md5").hexdigest() for path in sorted(self.place.iterdir())}

    def pictures(self):
        """The classes (name, id, group) and the pictures' fields."""
        with open(self.place / "index.txt", encoding="utf-8") as file:
            classes = int(file.readline().split("\t")[2])
            return [file.readline().split("\t")[:3] for _ in range(classes)], [line.split("\t") for line in file]


def check_index(tailbit, categories, counts):
    """Every picture has the class of its folder; every class its name, id and super-category, in the order of ids."""
    classes, pictures = tailbit.pictures()
    wanted = sorted((category["id"], category["name"], category["supercategory"]) for category in categories)
    assert [(int(c[1]), c[0], c[2]) for c in classes] == wanted
    found = {category["id"]: [0, 0] for category in categories}
    for fields in pictures:
        category = int(classes[int(fields[2])][1])
        assert int(fields[11].split("/")[2]) == category, fields
        found[category][fields[1] == "test"] += 1
    assert found == counts


def plant_defects(tailbit):
    """Flips a bit in some pictures and cuts the last one short; returns the paths."""
    pictures = tailbit.pictures()[1]
    last = max(pictures, key=lambda fields: (int(fields[5]), int(fields[6])))
    for fields in rng.sample(pictures, FLIPPED):
        with open(tailbit.place / f"pictures-{int(fields[5]):03}.pack", "r+b") as pack:
            at = int(fields[6]) + rng.randrange(int(fields[7]))
            pack.seek(at)
            byte = pack.read(1)[0]
            pack.seek(at)
            pack.write(bytes([byte ^ 1 << rng.randrange(8)]))
        yield fields[11]
    os.truncate(tailbit.place / f"pictures-{int(last[5]):03}.pack", int(last[6]) + int(last[7]) - 1)
    yield last[11]


def check_kills(tailbit, kills, whole_s, wanted):
    """The same files, whenever the import was killed."""
    start, kept = time.monotonic(), [0]
    for _ in range(kills):
        kept.append(tailbit.kill_import(rng.uniform(0.02, 0.7) * whole_s))
        assert kept[-1] >= kept[-2] or (tailbit.place / "index.txt").exists(), kept
    assert tailbit.import_all()[1] == 0
    assert tailbit.digests() == wanted
    print(f"killed {kills} times: the same bytes after {time.monotonic() - start:.0f} s, {(time.monotonic() - start) / whole_s:.2f} of one import"
          f" (lines kept: {kept[1:]})")  # fmt: skip


def check_defects(tailbit, total):
    planted = set(plant_defects(tailbit))
    said, code, _, _ = tailbit.run("verify", "inaturalist")
    lines = said.splitlines()
    found = {path for path in planted if any(f": {path}: " in line for line in lines)}
    assert code == 3 and found == planted and len(lines) == len(planted), (code, len(lines), planted - found)
    print(f"planted defects: {len(planted)} in {total} pictures, all found, nothing else")


def time_epoch(tailbit, pictures):
    """An epoch's order and its reads by one thread, first from the disk, then from the system's cache."""
    os.sync()
    for path in tailbit.place.glob("*.pack"):
        with open(path, "rb") as pack:
            os.posix_fadvise(pack.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    for where in "disk", "cache":
        said = subprocess.run([tailbit.read_epoch, "inaturalist", str(tailbit.data)], check=True, capture_output=True, text=True).stdout
        count, order_s, read_s = said.split()
        assert int(count) == pictures, said
        print(f"an epoch from the {where}: order {order_s} s, reads in that order {read_s} s by one thread")


def measure(tailbit, classes, kills):
    categories = make_categories(classes)
    start = time.monotonic()
    counts = draw(tailbit.folder / "nat", categories)
    train, test = (sum(both[part] for both in counts.values()) for part in (0, 1))
    sizes = [(tailbit.folder / "nat" / name).stat().st_size / 1e6 for name in ("train2018.json", "val2018.json")]
    print(f"drawn in {time.monotonic() - start:.0f} s: {classes} classes, {train} + {test} pictures, JSON files of {sizes[0]:.1f} and {sizes[1]:.1f} MB")
    said, code, seconds, peak = tailbit.import_all()
    many, few = sum(both[0] > 100 for both in counts.values()), sum(both[0] < 20 for both in counts.values())
    shots = f"{many} of more than 100, {classes - many - few} of 20 to 100, {few} of fewer"
    assert code == 0 and f"{train} training and {test} test examples, {classes} classes, unverified\n" in said and shots in said, said
    assert classes != ALL or (train, test, many, few) == (437513, 24426, 842, 3599), shots
    assert "exceptions: 0, " in said and seconds < SECONDS_MOST and peak < BYTES_MOST, (said, seconds, peak)
    stored = sum(path.stat().st_size for path in tailbit.place.iterdir())
    print(f"import: {seconds:.1f} s, {(train + test) / seconds:.0f} pictures/s, peak {peak / 1e6:.0f} MB, {stored / 1e6:.0f} MB stored;"
          f" {seconds / SECONDS_MOST:.2f} of 10 minutes, {peak / BYTES_MOST:.2f} of 2 GiB; classes: {shots}")  # fmt: skip
    check_index(tailbit, categories, counts)
    wanted = tailbit.digests()
    for path in tailbit.place.iterdir():
        path.unlink()
    tailbit.place.rmdir()
    check_kills(tailbit, kills, seconds, wanted)
    said, code, verify_s, verify_peak = tailbit.run("verify", "inaturalist")
    assert code == 0 and shots in said, said
    print(f"verify: {verify_s:.1f} s, {verify_s / seconds:.2f} of the import, peak {verify_peak / 1e6:.0f} MB")
    time_epoch(tailbit, train)
    check_defects(tailbit, train + test)


def main():
    classes, kills = int(sys.argv[3]) if sys.argv[3:] else ALL, int(sys.argv[4]) if sys.argv[4:] else 8
    with tempfile.TemporaryDirectory(dir=sys.argv[5] if sys.argv[5:] else None) as folder:
        (pathlib.Path(folder) / "nat").mkdir()
        measure(Tailbit(*map(os.path.abspath, sys.argv[1:3]), pathlib.Path(folder)), classes, kills)


if __name__ == "__main__":
    main()
