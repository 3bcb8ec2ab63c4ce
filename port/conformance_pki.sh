#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# conformance_pki.sh FOLDER: makes there, with the openssl program, the certificates, signatures and answers
# that port/conformance_pki.c is about.
set -euo pipefail
cd "$1"
exec 2>openssl.log

ca=basicConstraints=critical,CA:TRUE
san=subjectAltName=DNS:csms.example,DNS:*.charge.example,IP:192.0.2.7,IP:2001:db8::7
ec() { openssl genpkey -algorithm EC -pkeyopt "ec_paramgen_curve:${2:-P-256}" -out "$1.key"; }
rsa() { openssl genpkey -algorithm RSA -pkeyopt "rsa_keygen_bits:${2:-2048}" -out "$1.key"; }
# root NAME SUBJECT DAYS
root() { openssl req -x509 -sha256 -key "$1.key" -subj "$2" -days "$3" -addext "keyUsage=critical,keyCertSign" -out "$1.pem"; }
# issue NAME SUBJECT ISSUER DAYS EXTENSIONS [x509 option...]
issue() {
    local name=$1 subject=$2 issuer=$3 days=$4
    printf '%s\n' "$5" >"$name.ext"
    shift 5
    openssl req -new -utf8 -key "$name.key" -subj "$subject" -out "$name.csr"
    openssl x509 -req -in "$name.csr" -CA "$issuer.pem" -CAkey "$issuer.key" -days "$days" -sha256 -extfile "$name.ext" -out "$name.pem" "$@"
}
same_key() { cp "$1.key" "$2.key"; }

for name in root inter deep leaf impostor other noca; do ec $name; done
for name in rsaroot rsaleaf; do rsa $name; done

root root '/C=DE/O=Roost/CN=Roost Test Root' 200
root other '/O=Other/CN=Other Root' 200
root impostor '/C=DE/O=Roost/CN=Roost Test Root' 200
root rsaroot '/O=Roost/CN=Roost RSA Root' 200
openssl req -x509 -sha256 -key root.key -subj '/C=DE/O=Roost/CN=Roost Test Root' -days 20 -out renewed.pem

issue inter '/O=Roost/CN=Roost Intermediate' root 100 "$ca,pathlen:0" -set_serial 0x00a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2
issue leaf '/C=DE/O=Roost Betrieb Köln/CN=CP-0001' inter 50 "$san
extendedKeyUsage=serverAuth" -set_serial 0x0f
cat leaf.pem inter.pem >chain.pem
cat leaf.pem root.pem inter.pem >unordered.pem
openssl x509 -in leaf.pem -text >described.pem
{ printf 'leaf\r\n' && sed 's/$/\r/' leaf.pem && sed 's/$/\r/' inter.pem; } >crlf.pem
{ openssl x509 -in leaf.pem -outform DER && openssl x509 -in inter.pem -outform DER; } >chain.der

same_key leaf client && issue client '/O=Roost/CN=CP-0002' inter 50 'extendedKeyUsage=clientAuth'
same_key leaf named && issue named '/CN=old.example' inter 50 'basicConstraints=CA:FALSE'
same_key leaf outlives && issue outlives '/CN=outlives' root 300 "$san"
same_key leaf sha1 && issue sha1 '/CN=sha1' root 50 "$san" -sha1
same_key leaf twins && issue twins '/O=One/CN=first.example/O=Two/CN=second.example' root 50 'basicConstraints=CA:FALSE'
same_key leaf odd && issue odd '/O=0123456789012345678901234567890123456789012345678901234567890123/CN=*.odd.example' root 50 'subjectAltName=DNS:*.example,DNS:w*.example,URI:https://csms.example'
same_key leaf self && openssl req -x509 -sha256 -key self.key -subj /CN=self -days 50 -addext "$san" -addext basicConstraints=CA:FALSE -out self.pem
same_key leaf critical && issue critical '/CN=critical' root 50 "$san
1.2.3.4=critical,ASN1:NULL"
issue noca '/CN=No Authority' root 100 'basicConstraints=CA:FALSE'
same_key leaf bynoca && issue bynoca '/CN=bynoca' noca 50 "$san"
cat bynoca.pem noca.pem >nocachain.pem
issue deep '/CN=Too Deep' inter 100 "$ca"
same_key leaf bydeep && issue bydeep '/CN=bydeep' deep 50 "$san"
cat bydeep.pem deep.pem inter.pem >deepchain.pem
# Signed by a key that only says it is the intermediate.
same_key impostor fake
issue fake '/O=Roost/CN=Roost Intermediate' other 100 "$ca"
same_key leaf byfake && issue byfake '/CN=byfake' fake 50 "$san"
cat byfake.pem inter.pem >fakechain.pem

issue rsaleaf '/O=Roost/CN=Image Signer' rsaroot 50 "$san"
same_key rsaleaf md5 && issue md5 '/CN=md5' rsaroot 50 "$san" -md5
same_key leaf pss && issue pss '/CN=pss' rsaroot 50 "$san" -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32
rsa short 1024 && issue short '/CN=short' rsaroot 50 "$san"
ec p384 P-384 && issue p384 '/CN=p384' root 50 "$san" -sha384
ec p521 P-521 && issue p521 '/CN=p521' root 50 "$san" -sha512
ec koblitz secp256k1 && issue koblitz '/CN=koblitz' root 50 "$san"
ec ed && openssl genpkey -algorithm ED25519 -out ed.key && issue ed '/CN=ed' root 50 "$san"

# What a certificate may be used for, by its own words and by its issuers'.
use() { same_key leaf "$1" && issue "$1" "/CN=$1" "${3:-root}" 50 "$2"; }
by() { # by NAME EXTENSIONS: an intermediate that says this, and by$NAME.pem, a chain from it
    ec "ca$1" && issue "ca$1" "/CN=CA $1" root 100 "$2"
    use "by$1" basicConstraints=CA:FALSE "ca$1" && cat "ca$1.pem" >>"by$1.pem"
}
use plain basicConstraints=CA:FALSE
use signs keyUsage=critical,digitalSignature
use enciphers keyUsage=critical,keyEncipherment
use crlsigns keyUsage=critical,cRLSign
use serves extendedKeyUsage=serverAuth
use asks extendedKeyUsage=clientAuth
use signer $'keyUsage=critical,digitalSignature\nextendedKeyUsage=critical,codeSigning'
use anything extendedKeyUsage=anyExtendedKeyUsage
use stamps extendedKeyUsage=timeStamping
by server "$ca"$'\nextendedKeyUsage=serverAuth'
by coder "$ca"$'\nextendedKeyUsage=codeSigning'
by either "$ca"$'\nkeyUsage=critical,keyCertSign\nextendedKeyUsage=serverAuth,clientAuth'
by nosign "$ca"$'\nkeyUsage=critical,digitalSignature'

# Intermediates of one name: another key, the same key and over in 20 days, and all three.
ec twinother
issue twinother '/O=Roost/CN=Twin' root 100 "$ca"
ec twin && issue twin '/O=Roost/CN=Twin' root 100 "$ca"
same_key twin twinold && issue twinold '/O=Roost/CN=Twin' root 20 "$ca"
same_key leaf bytwin && issue bytwin '/CN=bytwin' twin 50 "$san
authorityKeyIdentifier=none"
cat bytwin.pem twinother.pem twin.pem >twinkey1.pem
cat bytwin.pem twin.pem twinother.pem >twinkey2.pem
cat bytwin.pem twinold.pem twin.pem >twinold1.pem
cat bytwin.pem twin.pem twinold.pem >twinold2.pem
cat bytwin.pem twinold.pem twinother.pem twin.pem >twinall1.pem
cat bytwin.pem twinother.pem twinold.pem twin.pem >twinall2.pem

# Roots that are none: of version 3 with no word of it, and one that signs lists only. One of version 1 is one.
bare() { # bare NAME EXTENSIONS [option...]: self-signed
    local name=$1
    printf '%s\n' "$2" >"$name.ext"
    shift 2
    ec $name
    openssl req -new -key $name.key -subj "/CN=$name" -out $name.csr
    openssl x509 -req -in $name.csr -signkey $name.key -days 200 -extfile $name.ext -out $name.pem "$@"
}
bare bareroot subjectKeyIdentifier=hash
bare crlroot "$ca"$'\nkeyUsage=critical,cRLSign'
bare sha1root "$ca" -sha1
ec v1root
openssl req -new -key v1root.key -subj /CN=v1root -out v1root.csr
openssl x509 -req -in v1root.csr -signkey v1root.key -days 200 -out v1root.pem
for pair in v1:v1root bare:bareroot crl:crlroot sha1:sha1root; do use "by${pair%:*}" basicConstraints=CA:FALSE "${pair#*:}"; done
ec v1inter && openssl req -new -key v1inter.key -subj /CN=v1inter -out v1inter.csr
openssl x509 -req -in v1inter.csr -CA root.pem -CAkey root.key -days 100 -out v1inter.pem
use byv1inter basicConstraints=CA:FALSE v1inter && cat byv1inter.pem v1inter.pem >v1chain.pem
openssl x509 -in root.pem -outform DER -out root.der
# PEM that begins with a digit, as openssl s_client prints it.
{ echo '0 s:CN = root' && cat root.pem; } >0root.pem
{ printf '0\n' && cat chain.pem; } >0chain.pem

# A chain of 10,000 characters, and one of more.
fat() {
    same_key leaf "$1"
    issue "$1" '/CN=fat' inter 50 "$san
nsComment=$(head -c "$2" /dev/zero | tr '\0' x)"
    cat "$1.pem" inter.pem >"$1chain.pem"
}
fat long 5900
fat toolong 7400
{ head -c $((10000 - $(stat -c %s longchain.pem) - 1)) /dev/zero | tr '\0' '#' && echo && cat longchain.pem; } >long10000.pem
for i in 1 2 3 4 5 6 7 8 9; do cat leaf.pem; done >nine.pem

# Signatures of an image.
head -c 100003 /dev/urandom >image
sign() { local out=$1 key=$2; shift 2; openssl dgst -sha256 -sign "$key.key" "$@" -out "$out.sig" image; }
sign ecdsa leaf
sign pkcs1 rsaleaf
for salt in 0 32 max; do sign "pss$salt" rsaleaf -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:$salt; done
sign pssmgf rsaleaf -sigopt rsa_padding_mode:pss -sigopt rsa_mgf1_md:sha1
openssl dgst -sha1 -sign rsaleaf.key -out sha1.sig image

# What OCSP calls them.
for pair in leaf:inter inter:root root:root; do
    for hash in sha256 sha384 sha512; do
        openssl ocsp -no_nonce -$hash -issuer "${pair#*:}.pem" -cert "${pair%:*}.pem" -req_text | tr -d ' ' | tr A-F a-f | sed -z 's/\\\n//g' >"${pair%:*}.$hash"
    done
done
for name in leaf inter root; do openssl x509 -in $name.pem -noout -dates -dateopt iso_8601 >"$name.dates"; done
