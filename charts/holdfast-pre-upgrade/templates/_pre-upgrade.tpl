{{/*
A Job that takes a backup and waits for it, with an account for it alone.

    {{ include "holdfast.preUpgrade" (dict "context" . "policy" "overlay" "image" "holdfast:0.1.0") }}

policy, image     required
context           the chart's own `.`; required
mode              helm (default), argo or job
timeoutSeconds    how long the backup may take; default 1800. The Job's deadline is a minute later
requireVerified   also have the backup read back; default false
name              of the objects; default <policy>-pre-upgrade
imagePullSecrets  names
*/}}
{{- define "holdfast.preUpgrade" -}}
{{ include "holdfast.preUpgrade.access" . }}
---
{{ include "holdfast.preUpgrade.job" . }}
{{- end -}}

{{/* The values with their defaults, as YAML. */}}
{{- define "holdfast.preUpgrade.values" -}}
{{- $policy := required "holdfast.preUpgrade needs policy, the name of a BackupPolicy" .policy -}}
{{- $mode := default "helm" .mode -}}
{{- if not (has $mode (list "helm" "argo" "job")) -}}
{{- fail (printf "holdfast.preUpgrade: mode is %q; use helm, argo or job" $mode) -}}
{{- end -}}
{{- /* Two policies whose names are cut alike keep apart. */ -}}
{{- $name := default (printf "%s-pre-upgrade" $policy) .name -}}
{{- if gt (len $name) 52 -}}
{{- $name = printf "%s-%s" ($name | trunc 43 | trimSuffix "-" | trimSuffix ".") (sha256sum $name | trunc 8) -}}
{{- end -}}
policy: {{ $policy | quote }}
mode: {{ $mode }}
image: {{ required "holdfast.preUpgrade needs image, Holdfast's" .image | quote }}
name: {{ $name | quote }}
timeoutSeconds: {{ int (default 1800 .timeoutSeconds) }}
requireVerified: {{ default false .requireVerified }}
imagePullSecrets: {{ default list .imagePullSecrets | toJson }}
{{- end -}}

{{/* What makes an object part of the upgrade's first step; takes a dict of mode and stage (access or job). */}}
{{- define "holdfast.preUpgrade.annotations" -}}
{{- $isJob := eq .stage "job" -}}
{{- if eq .mode "helm" }}
annotations:
  helm.sh/hook: pre-upgrade
  helm.sh/hook-weight: {{ ternary "-5" "-10" $isJob | quote }}
  {{- /* The Job of the last upgrade stays, for its log; the rights do not. */}}
  helm.sh/hook-delete-policy: {{ ternary "before-hook-creation" "before-hook-creation,hook-succeeded,hook-failed" $isJob }}
{{- else if eq .mode "argo" }}
annotations:
  argocd.argoproj.io/hook: PreSync
  argocd.argoproj.io/sync-wave: {{ ternary "-5" "-10" $isJob | quote }}
  argocd.argoproj.io/hook-delete-policy: {{ ternary "BeforeHookCreation" "BeforeHookCreation,HookSucceeded,HookFailed" $isJob }}
{{- end }}
{{- end -}}

{{- define "holdfast.preUpgrade.metadata" -}}
namespace: {{ .context.Release.Namespace | quote }}
labels:
  app.kubernetes.io/name: holdfast-pre-upgrade
  app.kubernetes.io/managed-by: {{ .context.Release.Service }}
{{- include "holdfast.preUpgrade.annotations" . }}
{{- end -}}

{{- define "holdfast.preUpgrade.access" -}}
{{- $values := include "holdfast.preUpgrade.values" . | fromYaml -}}
{{- $metadata := include "holdfast.preUpgrade.metadata" (dict "context" .context "mode" $values.mode "stage" "access") -}}
# Takes backups of one policy's namespace, and reads how they end; no more.
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ $values.name }}
  {{- $metadata | nindent 2 }}
automountServiceAccountToken: false
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: {{ $values.name }}
  {{- $metadata | nindent 2 }}
rules:
  - apiGroups: [holdfast.dev]
    resources: [backuppolicies]
    resourceNames: [{{ $values.policy | quote }}]
    verbs: [get]
  - apiGroups: [holdfast.dev]
    resources: [backups]
    verbs: [create, get, list, watch]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: {{ $values.name }}
  {{- $metadata | nindent 2 }}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: {{ $values.name | quote }}}
subjects:
  - {kind: ServiceAccount, name: {{ $values.name | quote }}, namespace: {{ .context.Release.Namespace | quote }}}
{{- end -}}

{{- define "holdfast.preUpgrade.job" -}}
{{- $values := include "holdfast.preUpgrade.values" . | fromYaml -}}
{{- $metadata := include "holdfast.preUpgrade.metadata" (dict "context" .context "mode" $values.mode "stage" "job") -}}
# Ends well once the backup is good, and fails in any other case.
apiVersion: batch/v1
kind: Job
metadata:
  {{- if eq $values.mode "job" }}
  generateName: {{ $values.name }}-
  {{- else }}
  name: {{ $values.name }}
  {{- end }}
  {{- $metadata | nindent 2 }}
spec:
  # A second try would be a second backup.
  backoffLimit: 0
  # The pod gives up before, and says why; this is for one that cannot start.
  activeDeadlineSeconds: {{ add $values.timeoutSeconds 60 }}
  {{- if eq $values.mode "job" }}
  ttlSecondsAfterFinished: 86400
  {{- end }}
  template:
    metadata:
      labels:
        app.kubernetes.io/name: holdfast-pre-upgrade
    spec:
      restartPolicy: Never
      serviceAccountName: {{ $values.name }}
      automountServiceAccountToken: true
      {{- with $values.imagePullSecrets }}
      imagePullSecrets:
        {{- range . }}
        - name: {{ . }}
        {{- end }}
      {{- end }}
      securityContext:
        runAsNonRoot: true
        seccompProfile: {type: RuntimeDefault}
      containers:
        - name: backup
          image: {{ $values.image | quote }}
          args:
            - kubectl
            - backup
            - {{ $values.policy | quote }}
            - --namespace={{ .context.Release.Namespace }}
            - --trigger=preUpgrade
            - --wait
            - --timeout={{ int $values.timeoutSeconds }}s
            {{- if $values.requireVerified }}
            - --require-verified
            {{- end }}
          # The reason of a failure is in the Job's pod, and in its log.
          terminationMessagePolicy: FallbackToLogsOnError
          resources:
            requests: {cpu: 10m, memory: 32Mi}
            limits: {memory: 128Mi}
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            runAsNonRoot: true
            capabilities: {drop: [ALL]}
            seccompProfile: {type: RuntimeDefault}
{{- end -}}
