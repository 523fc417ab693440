#include "gui/steer/setting_words.h"

#include <QStringList>

#include "gui/steer/config_keys.h"
#include "model/config_json.h"

namespace limoe::gui {

QString describePreset(const std::string& preset) {
  const model::ModelConfig m = model::runConfigFromLayers({{{"preset", preset}}}).model;
  return QString(
             "%1: images of %2 pixels, patches of %3, width %4, %5 blocks, %6 experts in "
             "blocks %7")
      .arg(QString::fromStdString(preset))
      .arg(m.image_size)
      .arg(m.patch_size)
      .arg(m.width)
      .arg(m.depth)
      .arg(m.moe ? m.moe->experts : 0)
      .arg(m.moe ? valueText(m.moe->blocks) : QString());
}

QString describeSetting(const std::string& setting) {
  const model::ModelConfig m = model::runConfigFromLayers({{{"setting", setting}}}).model;
  QStringList losses;
  for (std::size_t a = 0; a < model::kAuxLossCount; ++a) {
    if (m.aux.coefficients[a] > 0) {
      losses << QString(model::kAuxLossNames[a]).replace('_', ' ');
    }
  }
  return QString("%1: %2; %3")
      .arg(QString::fromStdString(setting),
           losses.isEmpty() ? QString("no auxiliary loss") : losses.join(", "),
           m.moe && m.moe->priority == model::Priority::Bpr ? "batch priority routing"
                                                            : "places in the tokens' order");
}

}  // namespace limoe::gui
