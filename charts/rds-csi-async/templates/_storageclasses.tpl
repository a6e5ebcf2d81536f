{{/* All StorageClasses as YAML: name to its settings, whole. */}}
{{- define "rds.storageClasses" -}}
{{- $all := dict -}}
{{- $appliances := include "rds.appliances" . | fromYaml -}}
{{- if .Values.storageClasses.perPool -}}
{{- range $key, $one := $appliances -}}
{{- range $name, $_ := $one.pools -}}
{{- $class := printf "%s-%s" $key $name -}}
{{- if hasKey $all $class -}}
{{- $other := index $all $class -}}
{{- fail (printf "two pools make a StorageClass of the name %q: %s of appliance %s, and %s of %s; call one otherwise, or set storageClasses.perPool=false and name classes yourself" $class $other.pool $other.appliance $name $key) -}}
{{- end -}}
{{- $_ := set $all $class (merge (dict "appliance" $key "pool" $name) (deepCopy $.Values.storageClassDefaults)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- range $name, $said := .Values.storageClasses.named -}}
{{- if not (hasKey $appliances $said.appliance) -}}
{{- fail (printf "storageClasses.named.%s.appliance is %q, and there is none of that key in appliances" $name $said.appliance) -}}
{{- end -}}
{{- if not (hasKey (index $appliances $said.appliance).pools $said.pool) -}}
{{- fail (printf "storageClasses.named.%s.pool is %q, and appliances.%s.pools has none of that name" $name $said.pool $said.appliance) -}}
{{- end -}}
{{- include "rds.checkKeyOfClass" $name -}}
{{- with get $all $name -}}
{{- if or (ne .appliance $said.appliance) (ne .pool $said.pool) -}}
{{- fail (printf "storageClasses.named.%s is for pool %s of appliance %s, and the class of that name for %s of %s: give it another name" $name $said.pool $said.appliance .pool .appliance) -}}
{{- end -}}
{{- end -}}
{{- $whole := deepCopy $.Values.storageClassDefaults -}}
{{- include "rds.override" (dict "onto" $whole "with" $said) -}}
{{- $_ := set $all $name $whole -}}
{{- end -}}
{{- $defaults := list -}}
{{- range $name, $one := $all -}}
{{- if $one.isDefault }}{{ $defaults = append $defaults $name }}{{ end -}}
{{- end -}}
{{- if gt (len $defaults) 1 -}}
{{- fail (printf "isDefault is true of several StorageClasses: %s; say it of one, in storageClasses.named" (join ", " (sortAlpha $defaults))) -}}
{{- end -}}
{{- toYaml $all -}}
{{- end }}

{{- define "rds.checkKeyOfClass" -}}
{{- if not (regexMatch "^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$" .) -}}
{{- fail (printf "storageClasses.named has the key %q: a name may have lower-case letters, digits, and dots and dashes within" .) -}}
{{- end -}}
{{- end }}

{{/* Refuse to change what the API would refuse to change, with a message that says what to do. */}}
{{- define "rds.checkUnchanged" -}}
{{- $there := lookup "storage.k8s.io/v1" "StorageClass" "" .name -}}
{{- if $there -}}
{{- range $field := list "provisioner" "parameters" "reclaimPolicy" "volumeBindingMode" -}}
{{- $is := index $there $field | toJson -}}
{{- $wanted := index $.wanted $field | toJson -}}
{{- if ne $is $wanted -}}
{{- fail (printf "the StorageClass %q is there with %s %s, and the values say %s: a class is never changed; put one of another name into storageClasses.named, or delete this one (its volumes do not need it to be used)" $.name $field $is $wanted) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end }}
