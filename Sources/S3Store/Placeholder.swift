enum S3StorePlaceholder {}
