#!/usr/bin/env bash
# Inside slicer/slicer-base: Slicer on top of its built dependencies, then the extension against
# Slicer's build tree, as the Extensions Index does; the package goes to /package.
set -euo pipefail
slicer=/usr/src/Slicer-build

git clone https://github.com/Slicer/Slicer /usr/src/Slicer
git -C /usr/src/Slicer reset --hard "$SLICER_VERSION"
# Its script packages Slicer in the end, which nobody needs here.
sed -i '/--target package\|PACKAGE_FILE/d' "$slicer/BuildSlicer.sh"
"$slicer/BuildSlicer.sh"

# The tests run inside Slicer's executable, which the PyTorch extension would have to be
# installed into: they are left to the suite.
cmake -G Ninja -S /usr/src/GastricDiff -B /tmp/GastricDiff-build \
  -DCMAKE_BUILD_TYPE:STRING=Release \
  -DBUILD_TESTING:BOOL=OFF \
  -DSlicer_DIR:PATH="$slicer/Slicer-build"
cmake --build /tmp/GastricDiff-build
cmake --build /tmp/GastricDiff-build --target package
cp /tmp/GastricDiff-build/*.tar.gz /package/
tar --list --gzip --file /package/*.tar.gz | tee /package/files.txt
grep -q "qt-scripted-modules/GastricDiff.py$" /package/files.txt
grep -q "qt-scripted-modules/GastricDiffLib/__init__.py$" /package/files.txt
grep -q "qt-scripted-modules/Resources/Models/.*\.safetensors$" /package/files.txt
