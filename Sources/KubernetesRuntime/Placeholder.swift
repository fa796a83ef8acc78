enum KubernetesRuntimePlaceholder {}
