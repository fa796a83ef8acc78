enum OpenBaoSourcePlaceholder {}
