enum ExecutorPlaceholder {}
