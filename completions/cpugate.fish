# SPDX-License-Identifier: LGPL-2.1-or-later
# Completion for fish. It starts nothing, neither cpugate nor an emulator, so it can't hang.

# The words so far that are no options, as one text: "cache why" is one verb.
function __cpugate_verb
    set -l skip
    set -l found
    for word in (commandline -opc)[2..-1]
        if set -q skip[1]
            set skip
            continue
        end
        switch $word
            case --emulator --machine --accel --sample --seed --level --without --partition --record --from --output --cpu --html --format --name --replaced --guest --to --smp --contract --allow-missing --uri --deadline --to-record
                set skip yes
            case '-*'
            case '*'
                set found $found $word
        end
    end
    echo "$found"
end

# __cpugate_is VERB...: is it one of these verbs? "" is none yet.
function __cpugate_is
    contains -- (__cpugate_verb) $argv
end

function __cpugate_has_operands
    string match -qr -- '^(expand|explain|export|diff)' (__cpugate_verb)
end

function __cpugate_emulators
    for folder in $PATH
        for path in $folder/qemu-system-*
            string replace -r '.*/' '' -- $path
        end
    end | sort -u
end

complete -c cpugate -f

complete -c cpugate -n '__cpugate_is ""' -a models -d 'CPU models that a guest can get'
complete -c cpugate -n '__cpugate_is ""' -a expand -d 'What a CPU definition asks for and gets'
complete -c cpugate -n '__cpugate_is ""' -a machines -d 'Machine types of an emulator'
complete -c cpugate -n '__cpugate_is ""' -a emulators -d 'Emulators that are installed'
complete -c cpugate -n '__cpugate_is ""' -a host -d 'What answers under KVM depend on'
complete -c cpugate -n '__cpugate_is ""' -a probe -d 'Measure everything about a machine type'
complete -c cpugate -n '__cpugate_is ""' -a record -d 'Write down what this host can give'
complete -c cpugate -n '__cpugate_is ""' -a verify -d 'Compare real vCPUs with what is predicted'
complete -c cpugate -n '__cpugate_is ""' -a export -d 'A CPU in the words of libvirt, Nova and others'
complete -c cpugate -n '__cpugate_is ""' -a diff -d 'What two emulators, hosts or machine types differ in'
complete -c cpugate -n '__cpugate_is ""' -a compare -d 'Which of two CPUs or hosts can do more'
complete -c cpugate -n '__cpugate_is ""' -a baseline -d 'The CPU that guests can have on all of these hosts'
complete -c cpugate -n '__cpugate_is ""' -a hosts-for -d 'Which hosts can take a guest with this CPU'
complete -c cpugate -n '__cpugate_is ""' -a matrix -d 'Which hosts can send guests to which'
complete -c cpugate -n '__cpugate_is ""' -a explain -d 'Why a feature or CPU model cannot be had'
complete -c cpugate -n '__cpugate_is ""' -a check -d 'Would it start, or go on elsewhere, with its CPU'
complete -c cpugate -n '__cpugate_is ""' -a pin -d 'A QEMU command line with its CPU spelled out'
complete -c cpugate -n '__cpugate_is ""' -a run -d 'Start QEMU, whose guest gets its CPU or never runs'
complete -c cpugate -n '__cpugate_is ""' -a hook -d 'What libvirt asks before it starts a guest'
complete -c cpugate -n '__cpugate_is hook' -a libvirt -d 'Before a guest starts or comes'
complete -c cpugate -n '__cpugate_is ""' -a migrate -d 'Move a guest that runs to another QEMU'
complete -c cpugate -n '__cpugate_is ""' -a receive -d 'Wait for a guest of another host'
complete -c cpugate -n '__cpugate_is check' -a launch -d 'A QEMU command line'
complete -c cpugate -n '__cpugate_is ""' -a contract -d 'What guests were promised'
complete -c cpugate -n '__cpugate_is ""' -a audit -d 'A guest that runs, against its contract'
complete -c cpugate -n '__cpugate_is contract' -a show -d 'What a guest was promised'
complete -c cpugate -n '__cpugate_is contract' -a list -d 'The guests that were promised something'
complete -c cpugate -n '__cpugate_is contract' -a export -d 'A contract as a file'
complete -c cpugate -n '__cpugate_is contract' -a import -d 'Keep a contract that came as a file'
complete -c cpugate -n '__cpugate_is contract' -a verify -d 'Would its guest start here as promised'
complete -c cpugate -n '__cpugate_is contract' -a forget -d 'Let go of a promise'
complete -c cpugate -n '__cpugate_is contract' -a impact -d 'Which guests would a change cost'
complete -c cpugate -n 'string match -qr -- "^contract (show|export|import|verify)" (__cpugate_verb)' -F
complete -c cpugate -n '__cpugate_is check' -a migration -d 'A guest that goes to another host'
complete -c cpugate -n '__cpugate_is check' -a restore -d 'A guest that was saved'
complete -c cpugate -n '__cpugate_is ""' -a cache -d 'What is kept'
complete -c cpugate -n '__cpugate_is cache' -a list -d 'Facts that the cache holds'
complete -c cpugate -n '__cpugate_is cache' -a why -d 'What would be measured again now'
complete -c cpugate -n '__cpugate_is cache' -a history -d 'What could not be had, over time'
complete -c cpugate -n '__cpugate_is cache' -a prune -d 'Forget other hosts and emulators'
complete -c cpugate -n '__cpugate_is cache' -a path -d 'Where the cache is'

complete -c cpugate -n 'string match -q -- "diff*" (__cpugate_verb)' \
    -a 'emulator= machine= accel= host= generation='

complete -c cpugate -l emulator -rF -a '(__cpugate_emulators)' -d 'The emulator' \
    -n '__cpugate_is "" models machines emulators probe record verify "cache why"; or __cpugate_has_operands; or string match -qr -- "^(contract (verify|impact)|audit)" (__cpugate_verb)'
complete -c cpugate -l machine -x -d 'The machine type' \
    -n '__cpugate_is "" models probe record verify; or __cpugate_has_operands'
complete -c cpugate -l accel -x -a 'kvm tcg' -d 'The accelerator' \
    -n '__cpugate_is "" models machines probe record verify "cache why"; or __cpugate_has_operands'
complete -c cpugate -l record -rF -d 'Answer from a record' \
    -n '__cpugate_is "" models machines emulators host record; or string match -qr -- "^(expand|explain|export|contract verify)" (__cpugate_verb)'
complete -c cpugate -l from -rF -n '__cpugate_is "" record' -d 'What others tell of a host'
complete -c cpugate -l output -rF -d 'Write there' \
    -n '__cpugate_is "" record; or string match -q -- "contract export*" (__cpugate_verb)'
complete -c cpugate -l format -x -a 'libvirt nfd nova prometheus proxmox qemu' -d 'Whose words' \
    -n '__cpugate_is ""; or string match -q -- "export*" (__cpugate_verb)'
complete -c cpugate -l name -x -d 'What to call it' \
    -n '__cpugate_is ""; or string match -qr -- "^(export|contract import)" (__cpugate_verb)'
complete -c cpugate -l replaced -x -d 'The N-th last one of before' \
    -n '__cpugate_is ""; or string match -qr -- "^contract (show|export)" (__cpugate_verb)'
complete -c cpugate -l all -n '__cpugate_is "" probe record verify "contract list" audit' -d 'Every one'
complete -c cpugate -l launch -n '__cpugate_is "" verify' -d 'Starts, not features'
complete -c cpugate -l sample -x -n '__cpugate_is "" verify' -d 'So many vCPUs'
complete -c cpugate -l seed -x -n '__cpugate_is "" verify' -d 'What picks the sample'
complete -c cpugate -n 'string match -qr -- "^(compare|baseline|hosts-for|matrix)" (__cpugate_verb)' -F -a host
set -l matrix '__cpugate_is ""; or string match -q -- "matrix*" (__cpugate_verb)'
set -l moves 'string match -qr -- "^check (migration|restore)" (__cpugate_verb)'
complete -c cpugate -l cpu -x -n "$matrix; or $moves" -d 'Guests of this CPU'
complete -c cpugate -l emulator -rF -n $moves -d 'The emulator'
complete -c cpugate -l machine -x -n $moves -d 'The machine type'
complete -c cpugate -l accel -x -a 'kvm tcg' -n $moves -d 'The accelerator'
complete -c cpugate -l to -rF -a host -n "__cpugate_is \"\" \"contract impact\"; or $moves" -d 'A record or host'
set -l migration 'string match -q -- "check migration*" (__cpugate_verb)'
complete -c cpugate -l guest -rF -n "__cpugate_is \"\"; or $migration" -d 'A contract or qmp:SOCKET'
complete -c cpugate -l smp -x -n "__cpugate_is \"\"; or $migration" -d 'vCPUs there'
complete -c cpugate -l from -rF -n $migration -d 'Its own host'
set -l restore 'string match -q -- "check restore*" (__cpugate_verb)'
complete -c cpugate -l contract -rF -n "__cpugate_is \"\"; or string match -q -- \"audit*\" (__cpugate_verb); or $restore" -d 'What it was promised'
complete -c cpugate -n $restore -F
complete -c cpugate -l html -rF -n $matrix -d 'Write a page there'
set -l lines 'string match -qr -- "^(check launch|pin)" (__cpugate_verb)'
complete -c cpugate -l accel -x -a 'kvm tcg' -n $lines -d 'The accelerator'
complete -c cpugate -l record -rF -n $lines -d 'Answer from a record'
complete -c cpugate -n $lines -F -a '(__cpugate_emulators)'
set -l run '__cpugate_is ""; or string match -q -- "run*" (__cpugate_verb)'
complete -c cpugate -l contract -rF -n $run -d 'The guest that was promised before'
complete -c cpugate -l allow-missing -x -n $run -d 'What it may do without'
complete -c cpugate -n 'string match -q -- "run*" (__cpugate_verb)' -l accel -x -a 'kvm tcg' -d 'The accelerator'
complete -c cpugate -n 'string match -q -- "run*" (__cpugate_verb)' -l name -x -d 'The name of the guest'
complete -c cpugate -n 'string match -q -- "run*" (__cpugate_verb)' -F -a '(__cpugate_emulators)'
set -l migrate '__cpugate_is ""; or string match -q -- "migrate*" (__cpugate_verb)'
set -l moved '__cpugate_is ""; or string match -qr -- "^(migrate|receive)" (__cpugate_verb)'
complete -c cpugate -l uri -x -n $moved -d 'The way that the guest takes'
complete -c cpugate -l deadline -x -n $moved -d 'So many seconds at most'
complete -c cpugate -l keep-source -n $migrate -d 'Leave the QEMU that it left'
complete -c cpugate -l resume -n $migrate -d 'Bring back what was left standing'
complete -c cpugate -l to-record -rF -n $migrate -d 'What that host can give'
set -l goes 'string match -q -- "migrate*" (__cpugate_verb)'
complete -c cpugate -l from -rF -n $goes -d 'Its monitor, qmp:SOCKET'
complete -c cpugate -l to -rF -n $goes -d 'Where cpugate receive waits'
set -l goes 'string match -qr -- "^(migrate|receive)" (__cpugate_verb)'
complete -c cpugate -l contract -rF -n $goes -d 'What it was promised'
complete -c cpugate -l accel -x -a 'kvm tcg' -n $goes -d 'The accelerator'
complete -c cpugate -l name -x -n $goes -d 'The name of the guest'
complete -c cpugate -n $goes -F -a '(__cpugate_emulators)'
set -l pin '__cpugate_is ""; or string match -q -- "pin*" (__cpugate_verb)'
complete -c cpugate -l short -n $pin -d 'With the model, not its features'
complete -c cpugate -l both -n $pin -d 'Short and long'
complete -c cpugate -l like-virsh -d 'Answer as virsh cpu-compare does' \
    -n '__cpugate_is ""; or string match -q -- "compare*" (__cpugate_verb)'
set -l baseline '__cpugate_is ""; or string match -q -- "baseline*" (__cpugate_verb)'
complete -c cpugate -l named -n $baseline -d 'A model without changes'
complete -c cpugate -l level -x -a 'x86-64-v1 x86-64-v2 x86-64-v3 x86-64-v4' -n $baseline -d 'A level of the psABI'
complete -c cpugate -l nested -n $baseline -d 'Guests of guests, too'
complete -c cpugate -l cross-vendor -n $baseline -d 'Hosts of several vendors'
complete -c cpugate -l without -x -n $baseline -d 'Leave a host out'
complete -c cpugate -l partition -x -n $baseline -d 'Split the hosts into groups'
complete -c cpugate -l json -d 'The reply as JSON'
complete -c cpugate -l connect -d 'Ask cpugated'
complete -c cpugate -l help -d 'The verbs and options'
complete -c cpugate -l version -d 'The version of cpugate'
