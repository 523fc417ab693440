#include "gui/view/wall_order.h"

#include "gui/view/expert_title.h"

namespace limoe::gui {

QString orderInWords(const ViewState& state, int64_t layer) {
  const QString matching = state.filter().isEmpty() ? QString() : QStringLiteral("matching ");
  switch (state.wallOrder()) {
    case WallOrder::Word:
      return QString::fromUtf8("captions with “%1” first").arg(state.orderWord().trimmed());
    case WallOrder::ExpertShare:
      return QString::fromUtf8("share of an image’s %1patches that choose %2, largest first")
          .arg(matching, state.selectedExpert() ? expertTitle(state, layer, *state.selectedExpert())
                                                : QStringLiteral("the selected expert"));
    case WallOrder::Entropy:
      return QString::fromUtf8("mean entropy of an image’s %1patches, largest first").arg(matching);
    case WallOrder::Dropped:
      return QString::fromUtf8("dropped %1patches of an image, most first").arg(matching);
    case WallOrder::Recorded:
      break;
  }
  return {};
}

}  // namespace limoe::gui
