// Draws the cells of the expert strip: swatches, bars, eye and solo buttons.
#pragma once

#include <QStyledItemDelegate>

namespace limoe::gui {

/// For an ExpertModel. Check boxes fill their whole cell: a click anywhere in it counts.
class ExpertDelegate : public QStyledItemDelegate {
  Q_OBJECT
 public:
  using QStyledItemDelegate::QStyledItemDelegate;
  void paint(QPainter* painter, const QStyleOptionViewItem& option,
             const QModelIndex& index) const override;
  QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;
  /// What is being typed stays when the rows are refreshed, as they are while a run goes on.
  void setEditorData(QWidget* editor, const QModelIndex& index) const override;

 protected:
  bool editorEvent(QEvent* event, QAbstractItemModel* model, const QStyleOptionViewItem& option,
                   const QModelIndex& index) override;
};

}  // namespace limoe::gui
