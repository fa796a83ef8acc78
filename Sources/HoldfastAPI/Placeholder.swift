enum HoldfastAPIPlaceholder {}
