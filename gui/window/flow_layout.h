// Widgets side by side, in as many rows as the width needs.
#pragma once

#include <QLayout>
#include <QList>

namespace limoe::gui {

class FlowLayout : public QLayout {
  Q_OBJECT
 public:
  explicit FlowLayout(QWidget* parent);
  ~FlowLayout() override;

  void addItem(QLayoutItem* item) override;
  int count() const override;
  QLayoutItem* itemAt(int index) const override;
  QLayoutItem* takeAt(int index) override;
  bool hasHeightForWidth() const override { return true; }
  int heightForWidth(int width) const override;
  QSize sizeHint() const override;
  QSize minimumSize() const override;
  void setGeometry(const QRect& rect) override;

 private:
  /// Height that the rows take; moves the widgets there if `moves`.
  int arrange(const QRect& rect, bool moves) const;

  QList<QLayoutItem*> items_;
};

}  // namespace limoe::gui
