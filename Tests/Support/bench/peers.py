"""The other clients: how each uploads what it reads from standard input, at its default settings."""
import os
import pathlib


class Peers:
    def __init__(self, store, folder):
        self.store = store
        # Programs of PyPI packages; some are scripts of the folder's own Python.
        self.programs = pathlib.Path(os.environ["HOLDFAST_BENCH_PEERS"])
        self.environment = {
            "AWS_ACCESS_KEY_ID": store.ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": store.SECRET_KEY,
            "AWS_DEFAULT_REGION": "us-east-1", "AWS_REGION": "us-east-1", "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null", "AWS_EC2_METADATA_DISABLED": "true",
            "RCLONE_CONFIG": "/dev/null", "RCLONE_CONFIG_S3_TYPE": "s3", "RCLONE_CONFIG_S3_PROVIDER": "SeaweedFS",
            "RCLONE_CONFIG_S3_ENDPOINT": store.endpoint, "RCLONE_CONFIG_S3_ENV_AUTH": "true",
            "RCLONE_CONFIG_S3_REGION": "us-east-1", "RCLONE_CONFIG_S3_FORCE_PATH_STYLE": "true"}
        self.s3cmd_settings = folder / "s3cfg"
        self.s3cmd_settings.write_text(
            f"[default]\naccess_key = {store.ACCESS_KEY}\nsecret_key = {store.SECRET_KEY}\nhost_base = {store.host}\n"
            f"host_bucket = {store.host}\nuse_https = False\nbucket_location = us-east-1\n")

    def program(self, name):
        """The program itself, where a package holds one that its script only starts."""
        for path in self.programs.glob(f"lib/python*/site-packages/{name}/bin/{name}"):
            return str(path)
        return str(self.programs / "bin" / name)

    @property
    def uploads(self):
        """Name -> command for a bucket and a key."""
        return {
            "rclone rcat": lambda bucket, key: [self.program("rclone"), "rcat", f"s3:{bucket}/{key}"],
            "aws s3 cp": lambda bucket, key: [
                self.program("aws"), "--endpoint-url", self.store.endpoint, "s3", "cp", "-", f"s3://{bucket}/{key}"],
            "s3cmd put": lambda bucket, key: [
                self.program("s3cmd"), "--config", str(self.s3cmd_settings), "--quiet", "put", "-",
                f"s3://{bucket}/{key}"],
            "s5cmd pipe": lambda bucket, key: [
                self.program("s5cmd"), "--endpoint-url", self.store.endpoint, "pipe", f"s3://{bucket}/{key}"],
        }

    def rclone(self, *arguments):
        return [self.program("rclone"), *arguments]

    @staticmethod
    def curl(url):
        return ["curl", "--silent", "--show-error", "--fail", url]
