enum BackupFormatPlaceholder {}
