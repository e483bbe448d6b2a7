#!/bin/sh
# Builds the native part of AWS's Node.js runtime interface client, which npm has installed below a folder: build.sh FOLDER.
# Takes one or two minutes, cmake, make, g++ and the headers of Node.js (on Debian: libnode-dev), no root and no network. The package's own
# scripts, which this takes the place of, need autoconf and libtool in addition.
set -eu

package=$1/node_modules/aws-lambda-ric
if [ -f "$package/dist/rapid-client.node" ]; then
  exit
fi

headers=$(node -p 'path.resolve(process.execPath, "../../include/node")')
for tool in cmake make g++; do
  command -v "$tool" > /dev/null || { echo "$tool is not on the PATH; install it to build aws-lambda-ric" >&2; exit 1; }
done
[ -f "$headers/node.h" ] || { echo "$headers has no node.h; install the headers of Node.js to build aws-lambda-ric" >&2; exit 1; }

cd "$package"
. deps/versions
work=$PWD/deps/work
rm -rf "$work"
mkdir "$work"
tar xzf "deps/curl-$CURL_VERSION.tar.gz" -C "$work" --no-same-owner
tar xzf "deps/aws-lambda-cpp-$AWS_LAMBDA_CPP_RELEASE.tar.gz" -C "$work" --no-same-owner

# build SOURCE OPTION...: builds a static library of code that goes into a shared one.
build() {
  source=$work/$1
  shift
  cmake -S "$source" -B "$source/build" -DCMAKE_BUILD_TYPE=Release -DCMAKE_POSITION_INDEPENDENT_CODE=ON -DBUILD_SHARED_LIBS=OFF \
    -DBUILD_TESTING=OFF -DCMAKE_PREFIX_PATH="$work" -DCMAKE_INSTALL_PREFIX="$work" -DCMAKE_INSTALL_LIBDIR=lib "$@"
  cmake --build "$source/build" --parallel 2 --target install
}

# HTTP and nothing else, as the Runtime API speaks it.
build "curl-curl-$CURL_VERSION" -DHTTP_ONLY=ON -DBUILD_CURL_EXE=OFF -DCURL_ENABLE_SSL=OFF -DCURL_ZLIB=OFF -DCURL_USE_LIBSSH2=OFF \
  -DUSE_LIBIDN2=OFF -DENABLE_IPV6=OFF -DENABLE_UNIX_SOCKETS=OFF -DENABLE_MANUAL=OFF
build "aws-lambda-cpp-$AWS_LAMBDA_CPP_RELEASE"

# Last and at once, since this file says that everything is built.
g++ -std=gnu++17 -O2 -fPIC -shared -DNODE_GYP_MODULE_NAME=rapid-client -DBUILDING_NODE_EXTENSION \
  -I"$headers" -I../node-addon-api -I"$work/include" src/rapid-client.cc \
  -L"$work/lib" -laws-lambda-runtime -lcurl -lpthread -o "$work/rapid-client.node"
mv "$work/rapid-client.node" dist/rapid-client.node
