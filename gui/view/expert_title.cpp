#include "gui/view/expert_title.h"

namespace limoe::gui {

QString expertTitle(const ViewState& state, int64_t layer, int64_t expert) {
  const QString name = state.expertName(layer, expert);
  const QString number = QStringLiteral("e%1").arg(expert);
  return name.isEmpty() ? number : number + QStringLiteral(" · ") + name;
}

}  // namespace limoe::gui
