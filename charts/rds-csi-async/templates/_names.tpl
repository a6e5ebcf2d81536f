{{/* Names and labels. */}}

{{- define "rds.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" -}}
{{- end }}

{{- define "rds.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else if contains (include "rds.name" .) .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "rds.name" .) | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end }}

{{/* What cluster-wide objects are called: two releases in two namespaces may bear one name. */}}
{{- define "rds.clusterwide" -}}
{{- printf "%s:%s" .Release.Namespace (include "rds.fullname" .) -}}
{{- end }}

{{- define "rds.selector" -}}
app.kubernetes.io/name: {{ include "rds.name" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "rds.labels" -}}
{{ include "rds.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- with .root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "rds.serviceAccount" -}}
{{- $account := index .root.Values.serviceAccounts .component -}}
{{- $made := printf "%s-%s" (include "rds.fullname" .root) .component -}}
{{- if $account.create -}}
{{- default $made $account.name -}}
{{- else -}}
{{- required (printf "serviceAccounts.%s.name is missing: with create=false it names the one to use" .component) $account.name -}}
{{- end -}}
{{- end }}

{{- define "rds.image" -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) -}}
{{- end -}}
{{- end }}
