enum JobPlanPlaceholder {}
