enum StreamPipelinePlaceholder {}
