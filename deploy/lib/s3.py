"""A small S3 client on boto3, so that the demonstration looks at the bucket with something that Holdfast did not write.

s3.py make BUCKET | ls [BUCKET [PREFIX]] | get BUCKET KEY FILE | put BUCKET KEY FILE | uploads BUCKET
"""
import os
import sys

import boto3
from botocore.config import Config


def main() -> None:
    client = boto3.client(
        "s3",
        endpoint_url=os.environ["S3_ENDPOINT"],
        region_name="us-east-1",
        config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 2}),
    )
    command, *arguments = sys.argv[1:]
    if command == "make":
        client.create_bucket(Bucket=arguments[0])
    elif command == "ls" and not arguments:
        for bucket in client.list_buckets()["Buckets"]:
            print(bucket["Name"])
    elif command == "ls":
        pages = client.get_paginator("list_objects_v2").paginate(Bucket=arguments[0], Prefix="".join(arguments[1:]))
        for page in pages:
            for item in page.get("Contents", []):
                print(f"{item['Size']:>10}  {item['Key']}")
    elif command == "uploads":
        for upload in client.list_multipart_uploads(Bucket=arguments[0]).get("Uploads", []):
            print(upload["Key"])
    elif command == "get":
        client.download_file(*arguments)
    elif command == "put":
        bucket, key, file = arguments
        client.upload_file(file, bucket, key)
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
