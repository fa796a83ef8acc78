enum OperatorPlaceholder {}
