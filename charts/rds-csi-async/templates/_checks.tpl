{{/*
What a schema cannot say, or would say in words that nobody understands. Each ends with a message that names the value.
*/}}

{{/* A key of people's own choosing, which stands in volumes' ids or StorageClasses' names. */}}
{{- define "rds.checkKey" -}}
{{- if not (regexMatch "^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$" .key) -}}
{{- fail (printf "%s has the key %q: it may have lower-case letters, digits and dashes within, and at most 32 of them" .map .key) -}}
{{- end -}}
{{- end }}

{{- define "rds.checkAppliance" -}}
{{- if not (or .one.secretKeys.privateKey .one.secretKeys.password) -}}
{{- fail (printf "appliances.%s.secretKeys names neither a privateKey nor a password: nothing could log in" .key) -}}
{{- end -}}
{{- if not (or .one.nvmeAddress (regexMatch "^[0-9.]+$|:" .one.address)) -}}
{{- fail (printf "appliances.%s.nvmeAddress is missing: address %q is a host name, and the kernel takes only IP addresses" .key .one.address) -}}
{{- end -}}
{{- end }}

{{/* How many seconds a duration such as 2m30s is. */}}
{{- define "rds.seconds" -}}
{{- $sum := 0 -}}
{{- range regexFindAll "[0-9]+[smh]" . -1 -}}
{{- $unit := get (dict "s" 1 "m" 60 "h" 3600) (regexFind "[smh]" .) -}}
{{- $sum = add $sum (mul $unit (regexFind "[0-9]+" . | atoi)) -}}
{{- end -}}
{{- $sum -}}
{{- end }}

{{/* The driver ends its work by 120 s after a call came that tells no time of its own (`CallGuard`). */}}
{{- define "rds.checkTimeout" -}}
{{- $timeout := (index .root.Values.sidecars .name).timeout -}}
{{- if lt (include "rds.seconds" $timeout | int) 120 -}}
{{- fail (printf "sidecars.%s.timeout is %s: less than 120s would have it give up, and ask again, while the driver is still at work" .name $timeout) -}}
{{- end -}}
{{- end }}

{{- define "rds.checkMetrics" -}}
{{- with .Values.metrics -}}
{{- if gt (include "rds.seconds" .scrapeTimeout | int) (include "rds.seconds" .interval | int) -}}
{{- fail (printf "metrics.scrapeTimeout is %s, and metrics.interval %s: Prometheus takes no timeout that is longer than the interval" .scrapeTimeout .interval) -}}
{{- end -}}
{{- end -}}
{{- end }}

{{- define "rds.checkCapacity" -}}
{{- range $name, $one := include "rds.storageClasses" . | fromYaml -}}
{{- if and $.Values.storageCapacity.enabled (eq $one.volumeBindingMode "WaitForFirstConsumer") -}}
{{- fail (printf "storageCapacity.enabled is true, and the StorageClass %q is WaitForFirstConsumer: its pods would wait for capacities that the provisioner does not keep while the driver has no topology; set one of the two otherwise" $name) -}}
{{- end -}}
{{- end -}}
{{- end }}
