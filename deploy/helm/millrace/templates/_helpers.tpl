{{- define "millrace.name" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "millrace.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "millrace.labels" -}}
{{ include "millrace.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "millrace.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "millrace.name" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "millrace.image" -}}
{{ .Values.image.repository }}:{{ default .Chart.AppVersion .Values.image.tag }}
{{- end -}}

{{/* Longer than a service drains, or it would be killed over it. */}}
{{- define "millrace.graceSeconds" -}}
{{- add 10 (div (add 999 (int64 (default 20000 .Values.settings.MILLRACE_SHUTDOWN_MS))) 1000) -}}
{{- end -}}

{{/* By service, the setting that says how many replicas can share a job. */}}
{{- define "millrace.partitions" -}}
{{- $settings := .root.Values.settings -}}
{{- if eq .service "ingest" -}}{{ default 4 $settings.MILLRACE_READERS }}
{{- else if eq .service "transform" -}}{{ default 6 $settings.MILLRACE_ROWS_PARTITIONS }}
{{- else -}}{{ default 6 $settings.MILLRACE_TOUCHES_PARTITIONS }}
{{- end -}}
{{- end -}}

{{- define "millrace.isScaled" -}}
{{- if and .root.Values.keda.enabled (has .service (list "ingest" "transform" "write")) -}}true{{- end -}}
{{- end -}}
