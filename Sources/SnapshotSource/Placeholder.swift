enum SnapshotSourcePlaceholder {}
