"""Prints what a benchmark found: as JSON, or as a table."""
import json


class Report:
    def __init__(self, figures):
        self.figures = figures

    def write(self, as_json):
        print(json.dumps(self.figures, indent=2) if as_json else self.table())

    def table(self):
        machine = self.figures["machine"]
        lines = [f"{self.figures['sizeGiB']:g} GiB, median of {self.figures['runs']} runs, {machine['cpu']}, "
                 f"{machine['cores']} cores, load before {machine['loadAverage']}"]
        for name in ("raw", "pipeline"):
            if name in self.figures:
                lines += self.comparison(name, self.figures[name])
        if backup := self.figures.get("backup"):
            lines += ["", "a backup of a Raft snapshot of that size by the whole program",
                      self.row("holdfast backup", backup)]
        return "\n".join(lines)

    def comparison(self, name, figures):
        rows = [self.row(peer, values) for peer, values in figures["peers"].items()]
        return ["", f"{name:40} {'wall s':>8} {'CPU s':>8} {'+ curl':>8} {'peak MiB':>9}",
                self.row("holdfast", figures | {"cpuWithFeeder": figures["cpu"]}), *rows,
                f"  of the best: wall {figures['wallRatio']}, CPU {figures['cpuRatio']} (with curl's counted "
                f"{figures['cpuRatioWithFeeder']})"]

    @staticmethod
    def row(name, values):
        return (f"{name:40} {values['wall']:8.2f} {values['cpu']:8.2f} {values['cpuWithFeeder']:8.2f} "
                f"{values['peakMiB']:9.1f}")
