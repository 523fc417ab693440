// What the named presets and settings stand for, in words.
#pragma once

#include <QString>
#include <string>

namespace limoe::gui {

/// "tiny: images of 96 pixels, patches of 8, width 128, 4 blocks, 10 experts in blocks 1, 3"
QString describePreset(const std::string& preset);
/// "limoe: importance, load, z, …; batch priority routing"
QString describeSetting(const std::string& setting);

}  // namespace limoe::gui
