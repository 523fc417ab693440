#include "gui/view/expert_title.h"

namespace limoe::gui {

QString expertTitle(const ViewState& state, int64_t layer, int64_t expert) {
  return expertTitle(state.expertNames(), layer, expert);
}

QString expertTitle(const ExpertNames& names, int64_t layer, int64_t expert) {
  const auto name = names.find({layer, expert});
  const QString number = QStringLiteral("e%1").arg(expert);
  return name == names.end() ? number : number + QStringLiteral(" · ") + name->second;
}

}  // namespace limoe::gui
