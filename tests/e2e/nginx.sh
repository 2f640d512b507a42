#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# nginx.sh FOLDER: prints the configuration of nginx for the servers of
# hosts.txt that it serves. Bodies go on to the backend of server.mjs, unbuffered,
# which counts them.
set -eu
run=$1
cd "$(dirname "$0")"

site() {	# site N CERTIFICATE NAME MORE: one server on both families
	cat <<-SITE
		server {
			listen 203.0.113.$1:443 ssl http2; listen [2001:db8:2::$1]:443 ssl http2;
			server_name $3;
			ssl_certificate $run/pki/$2.pem; ssl_certificate_key $run/pki/$2.key;
			$4
			location / {
				proxy_pass http://127.0.0.1:8080; proxy_http_version 1.1;
				proxy_request_buffering off; proxy_buffering off;
				proxy_set_header Host \$host;
				proxy_set_header X-Front nginx; proxy_set_header X-Http \$server_protocol;
				proxy_set_header Upgrade \$http_upgrade;
			}
			location = /100m { root $run; }
			location = /reused { return 200 "\$ssl_session_reused \$ssl_protocol"; }
			location = /early { return 200 "[\$ssl_early_data]"; }
		}
	SITE
}

cat <<-CONF
	daemon off; worker_processes 1; pid $run/nginx.pid; user root;
	events { worker_connections 8000; }
	http {
	log_format list escape=json '{"server":"nginx-log","name":"\$host","uri":"\$request_uri","http":"\$server_protocol","status":\$status,"tls":"\$ssl_protocol","reused":"\$ssl_session_reused","verified":"\$ssl_client_verify"}';
	access_log $run/nginx.ndjson list;
	client_body_temp_path $run; proxy_temp_path $run; fastcgi_temp_path $run;
	uwsgi_temp_path $run; scgi_temp_path $run;
	client_max_body_size 0; keepalive_requests 1000000; ssl_session_cache shared:s:1m;
CONF
site 11 discord nginx.discord.com "ssl_protocols TLSv1.2 TLSv1.3;"
site 12 discord mtls.discord.com "ssl_client_certificate $run/pki/root.pem; ssl_verify_client on;"
site 21 update update.discord.com "ssl_protocols TLSv1.3; ssl_early_data on;"
for bad in 30:expired 31:notyet 32:selfsigned 33:wronghost 34:incomplete 35:unknownroot \
    36:sans1000 37:nocn 38:rsa4096 39:mixed; do
	site "${bad%%:*}" "${bad#*:}" "${bad#*:}.discord.com" ""
done
cat <<-CONF
	server {
		listen 203.0.113.18:443 ssl http2; listen [2001:db8:2::18]:443 ssl http2;
		server_name carddav.fastmail.com;
		ssl_certificate $run/pki/fastmail.pem; ssl_certificate_key $run/pki/fastmail.key;
		location / {
			proxy_pass http://127.0.0.1:5232; proxy_set_header X-Remote-User sample;
			proxy_request_buffering off;
		}
	}
	}
CONF
